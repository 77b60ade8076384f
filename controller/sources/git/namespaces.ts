import { SourceFailure } from "../failure.ts";

/** `teams/*=*`: files below `teams/<x>/` belong to the namespace `<x>`. */
export interface NamespaceRule {
  /** Path segments; `*` matches one whole segment. Empty: the whole repository. */
  readonly segments: readonly string[];
  /** A namespace, or `*` for what the star matched. */
  readonly namespace: string;
}

export type Mapped = { readonly namespace: string } | { readonly invalid: string };

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** True for what Kubernetes would take as a namespace's name. */
export function isNamespace(name: string): boolean {
  return LABEL.test(name);
}

/**
 * Reads `<path prefix>=<namespace>[,…]`, where one path segment may be `*` and `=*` then takes it as the namespace. The prefix `.` is the
 * whole repository. Throws `SourceFailure` `NamespaceMapInvalid`, naming the entry.
 */
export function parseNamespaces(text: string): readonly NamespaceRule[] {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length === 0) throw invalid(text, "it maps nothing");
  const rules = entries.map(parseRule);
  const prefixes = rules.map((rule) => rule.segments.join("/"));
  const twice = prefixes.find((prefix, index) => prefixes.indexOf(prefix) !== index);
  if (twice !== undefined) throw invalid(text, `the prefix "${twice}" stands in it twice`);
  return rules;
}

function parseRule(entry: string): NamespaceRule {
  const [prefix, namespace, ...rest] = entry.split("=").map((part) => part.trim());
  if (prefix === undefined || namespace === undefined || rest.length > 0) throw invalid(entry, "it needs one =");
  const segments = prefix === "." ? [] : prefix.replace(/\/$/, "").split("/");
  const odd = (segment: string) =>
    segment === "" || segment.startsWith(".") || (segment !== "*" && /[*\\"]/.test(segment));
  if (segments.some(odd))
    throw invalid(entry, "a segment is either a plain name or *, relative to the repository's root");
  const stars = segments.filter((segment) => segment === "*").length;
  if (stars > 1) throw invalid(entry, "only one segment may be *");
  if (namespace === "*" ? stars === 0 : !isNamespace(namespace))
    throw invalid(entry, namespace === "*" ? "=* needs a * in the path" : `"${namespace}" is not a namespace`);
  return { segments, namespace };
}

function invalid(entry: string, why: string): SourceFailure {
  return new SourceFailure(
    "NamespaceMapInvalid",
    `The namespace mapping "${entry}" is refused: ${why}.`,
    "Correct VELVET_GIT_NAMESPACES, for example teams/*=*.",
  );
}

/**
 * To which namespace a path belongs. The rule with the most segments wins; of those, the one with a name where the other has a star.
 * Nothing: the path is under no rule and none of Velvet's business. Pure.
 */
export function namespaceOf(rules: readonly NamespaceRule[], path: string): Mapped | undefined {
  const parts = path.split("/");
  const best = rules
    .filter((rule) => parts.length > rule.segments.length && covers(rule, parts))
    .reduce<NamespaceRule | undefined>((a, b) => (a === undefined || moreSpecific(b, a) ? b : a), undefined);
  if (best === undefined) return undefined;
  if (best.namespace !== "*") return { namespace: best.namespace };
  const captured = parts[best.segments.indexOf("*")] ?? "";
  return isNamespace(captured) ? { namespace: captured } : { invalid: captured };
}

/** True when a path is a rule's own folder, or below it: where a link would lead into or out of a mapped tree. Pure. */
export function touchesMapping(rules: readonly NamespaceRule[], path: string): boolean {
  const parts = path.split("/");
  return rules.some((rule) => parts.length >= rule.segments.length && covers(rule, parts));
}

function covers(rule: NamespaceRule, parts: readonly string[]): boolean {
  return rule.segments.every((segment, index) => segment === "*" || segment === parts[index]);
}

function moreSpecific(a: NamespaceRule, b: NamespaceRule): boolean {
  if (a.segments.length !== b.segments.length) return a.segments.length > b.segments.length;
  return (
    a.segments.filter((segment) => segment !== "*").length > b.segments.filter((segment) => segment !== "*").length
  );
}

/** The folders that hold everything that is mapped, none inside another. Empty: the whole repository. Pure. */
export function mappedRoots(rules: readonly NamespaceRule[]): readonly string[] {
  const fixed = rules.map((rule) => {
    const star = rule.segments.indexOf("*");
    return rule.segments.slice(0, star === -1 ? undefined : star).join("/");
  });
  if (fixed.includes("")) return [];
  return [...new Set(fixed)].filter((root) => !fixed.some((other) => root.startsWith(`${other}/`))).sort();
}
