// <app-player>: the browser's own player, and how fast it plays; the pitch of the voice stays.

class Player extends HTMLElement {
  connectedCallback() {
    const sound = this.querySelector("audio");
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-speed]");
      if (!button) return;
      sound.defaultPlaybackRate = sound.playbackRate = Number(button.dataset.speed);
      for (const each of this.querySelectorAll("[data-speed]")) each.setAttribute("aria-pressed", String(each === button));
    });
  }
}

customElements.define("app-player", Player);
