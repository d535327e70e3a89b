/* What this page itself has to say of something that did not work. It stands where the server's messages
   stand, until it is closed or the next thing is done. */
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

  document.addEventListener('click', (event) => {
    if (note && event.target.closest('button, a')) { note.remove(); note = null; }
  }, true);
}
