/* What did not work: said by the page itself, or by the server (ui/tabs/regions.py), in one place. It stays
   until it is closed or the next thing is done, and the page decides when that is: an answer of the server to
   something done earlier may come late, and must not take away what was said since. */
() => {
  let note = null;

  document.addEventListener('precis-say', (event) => {
    note?.remove();
    note = document.createElement('div');
    Object.assign(note, { className: 'note failed' });
    note.setAttribute('role', 'alert');
    const title = document.createElement('h3'), words = document.createElement('p');
    title.textContent = 'This did not work';
    words.textContent = event.detail;
    note.append(title, words);
    document.getElementById('message').prepend(note);
  });

  function next() {
    note?.remove();
    note = null;
    document.dispatchEvent(new CustomEvent('precis-next'));
  }

  // What the page presses by itself is nothing done; Enter that ends a line, or a word of an input method, neither.
  const ends = (event) => event.key === 'Enter' && !event.isComposing && !event.shiftKey && !event.target.closest('#pasted');
  document.addEventListener('click', (event) => { if (event.isTrusted && event.target.closest('button, a')) next(); }, true);
  document.addEventListener('keydown', (event) => { if (ends(event) || event.key === 'Escape') next(); }, true);
  document.addEventListener('drop', next, true);
  document.addEventListener('change', (event) => { if (event.target.type === 'file') next(); }, true);
}
