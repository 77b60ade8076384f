/** Finds values in text, in every form in which they could have been written there by accident. */

/** So long is the beginning of a needle that is looked up; shorter needles are looked for one by one. */
const WINDOW = 8;
const BITS = 0xffff;
const BASE = 33;

/** The weight of the character that leaves the window. */
const LEAVING = Array.from({ length: WINDOW }).reduce<number>((weight) => Math.imul(weight, BASE), 1);

interface Needle {
  readonly text: string;
  readonly canary: string;
}

/** Built once for many texts. */
export type Scanner = (text: string) => string[];

/** Every canary that stands in the text, in any of its forms: each once, in the order of `canaries`. */
export function scan(text: string, canaries: readonly string[]): string[] {
  return scannerOf(canaries)(text);
}

const built = new WeakMap<readonly string[], { readonly count: number; readonly scanner: Scanner }>();

/** The list may have grown since. */
function scannerOf(canaries: readonly string[]): Scanner {
  const known = built.get(canaries);
  if (known?.count === canaries.length) return known.scanner;
  const scanner = makeScanner(canaries);
  built.set(canaries, { count: canaries.length, scanner });
  return scanner;
}

export function makeScanner(canaries: readonly string[]): Scanner {
  const needles = canaries.flatMap((canary) => formsOf(canary).map((text): Needle => ({ text, canary })));
  const long = new Map<number, Needle[]>();
  const bloom = new Uint8Array(BITS + 1);
  for (const needle of needles.filter(({ text }) => text.length >= WINDOW)) {
    const hash = hashOf(needle.text);
    bloom[hash & BITS] = 1;
    long.set(hash, [...(long.get(hash) ?? []), needle]);
  }
  const short = needles.filter(({ text }) => text.length < WINDOW);
  return (text) => {
    const found = new Set<string>(short.flatMap((needle) => (text.includes(needle.text) ? [needle.canary] : [])));
    roll(text, bloom, (hash, from) => {
      for (const needle of long.get(hash) ?? []) if (text.startsWith(needle.text, from)) found.add(needle.canary);
    });
    return canaries.filter((canary) => found.has(canary));
  };
}

function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < WINDOW; index++) hash = (Math.imul(hash, BASE) + text.charCodeAt(index)) | 0;
  return hash;
}

/** One pass, whatever the number of needles: `hit` is called where one may begin. */
function roll(text: string, bloom: Uint8Array, hit: (hash: number, from: number) => void): void {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, BASE) + text.charCodeAt(index)) | 0;
    if (index >= WINDOW) hash = (hash - Math.imul(text.charCodeAt(index - WINDOW), LEAVING)) | 0;
    if (index >= WINDOW - 1 && bloom[hash & BITS] === 1) hit(hash, index - WINDOW + 1);
  }
}

/** Plain, base64 and base64url at each alignment, hexadecimal, escaped for URLs, forms and JSON (once and twice). */
export function formsOf(canary: string): readonly string[] {
  if (canary === "") return [];
  const bytes = Buffer.from(canary, "utf8");
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].map((offset) => alignedBase64(bytes, offset)).filter((text) => text.length > 2);
  const json = JSON.stringify(canary).slice(1, -1);
  const url = encodeURIComponent(canary);
  return [
    ...new Set([
      canary,
      ...base64,
      ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
      hex,
      hex.toUpperCase(),
      url,
      url.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
      url.replaceAll("%20", "+"),
      json,
      JSON.stringify(json).slice(1, -1),
    ]),
  ];
}

/** The characters that these bytes alone decide, when `offset` other bytes stand before them in their group of three. */
function alignedBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, end);
}
