/** First segments below which nothing is ever a page: their unknown addresses are problems, whoever asks. */
const NO_PAGES =
  /^\/(?:api|ws|docs|docs-json|metrics|actuator|health|ready|images|assets|\.well-known)(?:[/.]|$)/;

/** Whether the web page may have this address: it knows by itself which of them it has. */
export function isPage(path: string): boolean {
  return !NO_PAGES.test(path);
}

/** Whether the reverse proxy of a split Waybill sends this path to the process that has the web page. */
export function isOfFrontend(path: string): boolean {
  return isPage(path) || path.startsWith('/assets/');
}
