/** A token's name at Cloudflare: what people call it, and for tokens that Velvet made our marker after a blank. Pure. */
import type { Marker } from "../contract.ts";
import { Terminal } from "../errors.ts";

/** What Cloudflare keeps of a name. */
const LONGEST = 120;
const MARKER = /^velvet\/[^/\s]{1,40}\/[^/\s]{1,40}\/[^/\s]{1,40}$/;
/** A marker that was cut still ends with the Credential's and the attempt's ids. */
const MARKER_END = /^\S*[^/\s]\/[^/\s]+$/;

/** `orders-dns velvet/prod/<credential>/<attempt>`, the marker cut from the left where it does not fit. Throws `Terminal` `MarkerInvalid`. */
export function nameFor(name: string, marker: Marker): string {
  if (MARKER.test(marker)) return `${name} ${marker.slice(-(LONGEST - name.length - 1))}`;
  throw new Terminal(
    { reason: "MarkerInvalid", message: "The marker has not the form that Velvet writes.", remedy: "Report this." },
    { vendor: "cloudflare", operation: "name a token" },
  );
}

/** Undefined for a name of somebody else's, and for one that people gave. */
export function markerIn(name: string, found: string): Marker | undefined {
  const end = found.startsWith(`${name} `) ? found.slice(name.length + 1) : "";
  return MARKER_END.test(end) ? end : undefined;
}

/** Whether a token of this name belongs to the configuration that says `name`. */
export function isNamed(name: string, found: string): boolean {
  return found === name || markerIn(name, found) !== undefined;
}
