/** Where a right value can be hidden by another one that is read instead, vendor by vendor, and whether Velvet sees it: for `show:drift`. */
export interface Hiding {
  readonly place: string;
  /** Its folder in `adapters`. */
  readonly adapter: string;
  readonly hides: string;
  /** What is told, or why nothing is. */
  readonly seen: string;
}

export const SHADOWED = "Shadowed";
const NONE = "cannot exist: ";
const BLIND = "cannot be seen: ";

export const HIDING: readonly Hiding[] = [
  { place: "GitHub", adapter: "github", hides: "a secret of a nearer environment or repository", seen: SHADOWED },
  { place: "Kubernetes", adapter: "kubernetes", hides: "env before envFrom", seen: SHADOWED },
  {
    place: "Kubernetes",
    adapter: "kubernetes",
    hides: "a later envFrom",
    seen: `${SHADOWED}, with the right to get that object`,
  },
  {
    place: "Infisical",
    adapter: "infisical",
    hides: "an imported secret",
    seen: `${NONE}a folder's own secret comes before imports`,
  },
  {
    place: "Infisical",
    adapter: "infisical",
    hides: "a nearer folder",
    seen: `${NONE}no folder inherits from another`,
  },
  {
    place: "Infisical",
    adapter: "infisical",
    hides: "a personal override",
    seen: `${BLIND}shown to its user alone, and read by nobody else`,
  },
  {
    place: "SSM",
    adapter: "aws",
    hides: "a reader that pins a version or label",
    seen: `${BLIND}it is the reader's choice, kept nowhere at SSM`,
  },
  {
    place: "Secrets Manager",
    adapter: "aws",
    hides: "another version that is AWSCURRENT",
    seen: "ValueChanged: that is what is read",
  },
  {
    place: "Secrets Manager",
    adapter: "aws",
    hides: "a reader that pins a version or stage",
    seen: `${BLIND}it is the reader's choice, kept nowhere there`,
  },
  { place: "Heroku", adapter: "heroku", hides: "nothing", seen: `${NONE}an app has one set of config vars` },
  {
    place: "Cloudflare Worker",
    adapter: "cloudflare",
    hides: "nothing",
    seen: `${NONE}a Worker has one binding of a name`,
  },
];

export function hidingLines(): string[] {
  const widths = [0, 1].map((at) => Math.max(...HIDING.map((row) => [row.place, row.hides][at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  return [
    line(["place", "what is read instead", "said"]),
    ...HIDING.map(({ place, hides, seen }) => line([place, hides, seen])),
  ];
}
