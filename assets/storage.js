/* A page that another site shows in a frame may not be allowed to store anything. Gradio would stop
   there, so the page then remembers in its own memory what it would have stored, until it is closed. */
(() => {
  try {
    window.localStorage;
  } catch {
    const kept = new Map();
    const storage = {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => { kept.set(String(key), String(value)); },
      removeItem: (key) => { kept.delete(String(key)); },
    };
    Object.defineProperty(window, 'localStorage', { value: storage });
  }
})();
