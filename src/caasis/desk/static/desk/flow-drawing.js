// The drawing of a call flow: <app-flow-drawing>, a box that scrolls. A drawing that is wider than the screen begins at its
// first box (in a trial: at the box where the call is), not at its left edge, where there is often nothing. An address that
// names a box is followed by the browser itself.

class FlowDrawing extends HTMLElement {
  connectedCallback() {
    if (location.hash && this.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`)) return;
    const box = this.querySelector(".app-fbox--here") ?? this.querySelector(".app-fbox--begin") ?? this.querySelector(".app-fbox");
    if (!box) return;
    const own = this.getBoundingClientRect();
    const seen = box.getBoundingClientRect();
    this.scrollLeft += seen.left + seen.width / 2 - (own.left + own.width / 2);
    if (box.matches(".app-fbox--here")) this.scrollTop += seen.top + seen.height / 2 - (own.top + own.height / 2);
  }
}

customElements.define("app-flow-drawing", FlowDrawing);
