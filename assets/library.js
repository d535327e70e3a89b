/* The library's own behaviour: fields whose words go with a button. It runs once when the page loads. */
() => {
  /* ---------------------------------------------------------------- fields beside a button */

  /* A list may be drawn anew while somebody writes in it: what was written is put back, in this page alone. */
  const written = new Map();
  let writing = null;
  const keyOf = (field) => field.closest('.fields[data-key]')?.dataset.key + ' ' + field.name;

  document.addEventListener('input', (event) => {
    if (event.target.matches('.fields[data-key] input')) written.set(keyOf(event.target), event.target.value);
  });
  document.addEventListener('focusin', (event) => {
    if (event.target.matches('.fields[data-key] input')) writing = keyOf(event.target);
    else if (event.target !== document.body) writing = null;
  });
  document.addEventListener('click', (event) => {
    const fields = event.target.closest('[data-act]')?.closest('.fields[data-key]');
    for (const field of fields?.querySelectorAll('input[name]') || []) written.delete(keyOf(field));
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('.fields input')) return;
    event.preventDefault();
    event.target.closest('.fields').querySelector('[data-act]')?.click();
  });

  function restore() {
    for (const field of document.querySelectorAll('.fields[data-key] input')) {
      const key = keyOf(field), words = written.get(key);
      if (words !== undefined && field.value !== words) field.value = words;
      if (key === writing && document.activeElement === document.body && field.offsetParent) field.focus();
    }
  }

  /* ---------------------------------------------------------------- begin */

  new MutationObserver(restore).observe(document.querySelector('gradio-app') || document.body, { subtree: true, childList: true });
}
