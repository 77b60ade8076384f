/**
 * Who answered? Between Velvet and a consumer stand CDNs, routers and login walls that answer with statuses of their own. Their 403
 * is no lock-out and their 404 is no failure of the consumer; taken for either, it would revoke or alarm for nothing.
 */
export interface Seen {
  readonly status: number;
  header(name: string): string | undefined;
  /** As much of the body as was read. */
  text(): string;
}

const EDGES: readonly (readonly [name: string, answered: (seen: Seen) => boolean])[] = [
  ["Cloudflare", isCloudflare],
  ["Heroku's router", isHeroku],
  ["Google's Identity-Aware Proxy", (seen) => seen.header("x-goog-iap-generated-response") !== undefined],
  ["Vercel's firewall", (seen) => seen.header("x-vercel-mitigated") !== undefined],
  ["AWS's load balancer", (seen) => refusesInHtml(seen) && serverOf(seen).startsWith("awselb")],
  ["CloudFront", (seen) => refusesInHtml(seen) && serverOf(seen) === "cloudfront"],
  ["Akamai", (seen) => refusesInHtml(seen) && serverOf(seen).startsWith("akamai")],
];

/** The name of the edge that answered in the consumer's place, or undefined where the consumer itself did. Pure. */
export function edgeOf(seen: Seen): string | undefined {
  return EDGES.find(([, answered]) => answered(seen))?.[0];
}

/**
 * `cf-ray` stands on every answer that passes through Cloudflare, the origin's own included. What it makes itself is a challenge, an
 * Access refusal, a 52x or 530, or a page with its marks. An HTML 401 or 403 could be either, so it counts as Cloudflare's.
 */
function isCloudflare(seen: Seen): boolean {
  if (seen.header("cf-mitigated") !== undefined) return true;
  if (seen.header("cf-ray") === undefined && serverOf(seen) !== "cloudflare") return false;
  if (seen.status >= 520 && seen.status <= 530) return true;
  if (/cloudflare-access/i.test(seen.header("www-authenticate") ?? "")) return true;
  return refusesInHtml(seen) || (seen.status >= 400 && CLOUDFLARE_PAGE.test(seen.text()));
}

const CLOUDFLARE_PAGE = /^error code: 1\d{3}|cf-error-details|\/cdn-cgi\/|\| Cloudflare<\/title>/;

/** A host name that belongs to no app answers 404; a dyno that does not answer is a 503 page. */
function isHeroku(seen: Seen): boolean {
  if (seen.status < 400) return false;
  return /herokucdn\.com\/error-pages|<title>(Heroku \| )?(No such app|Application error)|<!--\s*h\d\d\b/i.test(
    seen.text(),
  );
}

function refusesInHtml(seen: Seen): boolean {
  return (seen.status === 401 || seen.status === 403) && /^text\/html/i.test(seen.header("content-type") ?? "");
}

function serverOf(seen: Seen): string {
  return (seen.header("server") ?? "").toLowerCase();
}
