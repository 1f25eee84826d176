// Passkeys (WebAuthn). A form with data-passkey="add" | "use" | "login" gets the device's answer into its field
// [name="credential"] and is then sent. Options come in data-options, for "login" from the form's own address.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readOptions(options) {
  const key = structuredClone(options.publicKey);
  key.challenge = bytes(key.challenge);
  if (key.user) key.user.id = bytes(key.user.id);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (key[list]) key[list] = key[list].map((item) => ({ ...item, id: bytes(item.id) }));
  }
  return key;
}

function answer(credential) {
  const { response } = credential;
  const shown = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    shown.attestationObject = text(response.attestationObject);
    shown.transports = response.getTransports?.() ?? [];
  } else {
    shown.authenticatorData = text(response.authenticatorData);
    shown.signature = text(response.signature);
    shown.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    response: shown,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function ask(form) {
  const kind = form.dataset.passkey;
  if (kind === "login") {
    const reply = await fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
    if (!reply.ok) throw new Error("no options");
    return navigator.credentials.get({ publicKey: readOptions((await reply.json()).request_options) });
  }
  const options = JSON.parse(form.dataset.options);
  if (kind === "use") return navigator.credentials.get({ publicKey: readOptions(options.request_options) });
  const key = readOptions(options.creation_options);
  const alone = form.querySelector('[name="passwordless"]')?.checked ?? false;
  key.authenticatorSelection = { ...key.authenticatorSelection, residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone, ...(alone ? { userVerification: "required" } : {}) };
  return navigator.credentials.create({ publicKey: key });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const says = form.querySelector("[data-passkey-says]");
  if (!window.PublicKeyCredential) {
    form.hidden = true;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    says.textContent = "";
    try {
      form.elements.credential.value = JSON.stringify(answer(await ask(form)));
    } catch {
      says.textContent = "パスキーを使えませんでした。もう一度押すか、ほかの方法を選んでください。";
      return;
    }
    form.submit();
  });
}
