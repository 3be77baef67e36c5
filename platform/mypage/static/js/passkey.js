// Passkeys: the browser's own dialog in front of a plain form. All words stand in the page; no request is made here.
(() => {
  "use strict";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => {
    const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const listed = (credentials = []) => credentials.map((each) => ({ ...each, id: bytes(each.id) }));

  const asked = (kind, options) => {
    const publicKey = { ...options, challenge: bytes(options.challenge) };
    if (kind === "get") return navigator.credentials.get({ publicKey: { ...publicKey, allowCredentials: listed(options.allowCredentials) } });
    const user = { ...options.user, id: bytes(options.user.id) };
    return navigator.credentials.create({ publicKey: { ...publicKey, user, excludeCredentials: listed(options.excludeCredentials) } });
  };

  const answered = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  };

  const reason = (form, error) => {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return form.dataset.cancelled;
    return error.name === "InvalidStateError" ? form.dataset.known : form.dataset.broken;
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const say = (words) => {
      const place = form.querySelector("[data-says]");
      place.hidden = !words;
      place.textContent = words;
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.asking) return;
      if (!window.PublicKeyCredential) return say(form.dataset.unsupported);
      form.dataset.asking = "1";
      say("");
      try {
        const credential = await asked(form.dataset.passkey, JSON.parse(form.dataset.options));
        form.elements.answer.value = answered(credential);
        form.submit();
      } catch (error) {
        say(reason(form, error));
      }
      delete form.dataset.asking;
    });
  }
})();
