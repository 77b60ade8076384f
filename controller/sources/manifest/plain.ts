/** A YAML tree to plain JSON, with every complaint about YAML that two readers could understand differently. */
import { isMap, isScalar, isSeq, type Pair } from "yaml";
import { type Complaint, startOf, type Tree } from "./tree.ts";

export interface PlainDocument {
  readonly value: unknown;
  readonly complaints: readonly Complaint[];
}

/** Never follows an alias: one becomes null, and the tree's marks already refuse it. */
export function plainDocument(tree: Tree): PlainDocument {
  const reader = new PlainReader(tree);
  const value = reader.read(tree.root, tree.root11);
  return { value, complaints: reader.complaints };
}

class PlainReader {
  readonly complaints: Complaint[] = [];
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  read(node: unknown, other: unknown): unknown {
    if (isMap(node)) return this.#map(node.items, isMap(other) ? other.items : []);
    if (isSeq(node)) {
      const others = isSeq(other) ? other.items : [];
      return node.items.map((item, index) => this.read(item, others[index]));
    }
    return isScalar(node) ? this.#scalar(node, other) : null;
  }

  #map(pairs: readonly Pair[], others: readonly Pair[]): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const [index, pair] of pairs.entries()) {
      const other = others[index];
      const key = this.#key(pair.key, other?.key);
      if (key === undefined) continue;
      if (entries.has(key))
        this.#complain(pair.key, "DuplicateKey", `the key ${key} stands here twice`, "remove one of the two");
      else entries.set(key, this.read(pair.value, other?.value));
    }
    return Object.fromEntries(entries);
  }

  #key(node: unknown, other: unknown): string | undefined {
    const value = isScalar(node) ? this.#scalar(node, other) : undefined;
    if (typeof value === "string" && value !== "<<") return value;
    const said = value === "<<" ? "a merge key is not allowed in a manifest" : "a key must be plain text";
    this.#complain(node, "InvalidKey", said, value === "<<" ? "write the fields out" : "put it in quotes");
    return undefined;
  }

  #scalar(node: unknown, other: unknown): unknown {
    if (!isScalar(node)) return null;
    if (isScalar(other) && differ(node.value, other.value))
      this.#complain(
        node,
        "AmbiguousYaml",
        `${node.source ?? "this"} reads as ${shown(other.value)} in YAML 1.1, which kubectl follows, and as ${shown(node.value)} in YAML 1.2`,
        `write ${suggested(node.source, node.value)}`,
      );
    const flaw = flawOf(node.value);
    if (flaw !== undefined) this.#complain(node, "InvalidValue", `${node.source?.slice(0, 40) ?? "this"} ${flaw}`);
    return node.value;
  }

  #complain(node: unknown, code: string, message: string, suggestion?: string): void {
    const offset = isScalar(node) || isMap(node) || isSeq(node) ? startOf(node) : startOf(this.#tree.root);
    this.complaints.push({
      ...this.#tree.at(offset),
      code,
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
}

/** YAML 1.1 reads `<<` as a symbol, and the key is refused by itself. */
function differ(value: unknown, value11: unknown): boolean {
  return !Object.is(value, value11) && value !== "<<" && typeof value11 !== "symbol";
}

/** Postgres takes neither NUL nor half a pair in `jsonb`: one such value would hold up a whole source. */
function flawOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "is no number that JSON knows";
  if (typeof value !== "string" || (!value.includes("\0") && value.isWellFormed())) return undefined;
  return "holds a character that cannot be stored: NUL, or half of a pair";
}

function shown(value: unknown): string {
  return typeof value === "string" ? `the text ${JSON.stringify(value)}` : String(value);
}

function suggested(source: string | undefined, value: unknown): string {
  return typeof value === "string"
    ? `${JSON.stringify(source ?? value)} in quotes, or true, false or a plain number`
    : String(value);
}
