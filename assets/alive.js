/* Is the server there, and is it still the one that this page came from? Every four seconds, while the page
   is looked at. A page whose server was started anew has lost its stream of events and must be loaded anew. */
() => {
  const SECONDS = 4;
  let run = null; // the server's name for the time since it was started; null until it has answered
  let lost = false;

  function say(words) {
    if (lost) return;
    lost = true;
    document.body.classList.add('is-lost'); // Gradio says it too, less clearly
    const banner = document.createElement('div');
    banner.className = 'lost';
    banner.setAttribute('role', 'alert');
    banner.textContent = words;
    document.body.append(banner);
  }

  async function check() {
    if (document.visibilityState !== 'visible') return;
    const response = await fetch('/precis/alive', { cache: 'no-store' }).catch(() => null);
    if (response?.status === 204) {
      const now = response.headers.get('X-Precis-Run');
      if (lost || (run !== null && run !== now)) location.reload();
      run = now;
    } else if (response?.status === 403) {
      // A new start page brings a new cookie. Where none ever counted, loading it again would go on for ever.
      if (run !== null) location.reload();
      else say('Precis does not know this browser. Allow cookies for this address, then load the page again.');
    } else say('Precis is not running. What was saved is safe; this page continues when it is started again.');
  }

  check();
  setInterval(check, 1000 * SECONDS);
}
