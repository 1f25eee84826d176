// The CSRF token for requests that the desk's scripts make themselves: from the cookie, because a login in another tab
// makes a new one, else as the page was loaded with.

export function csrfToken() {
  const meta = document.querySelector('meta[name="app-csrf"]');
  const name = meta?.dataset.cookie;
  const cookie = name && document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return cookie ? decodeURIComponent(cookie.slice(name.length + 1)) : (meta?.content ?? "");
}
