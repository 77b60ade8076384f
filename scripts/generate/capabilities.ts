import type { Adapter, IssuerTraits, SinkTraits } from "../../adapters/contract.ts";
import { adapters } from "../../adapters/registry.ts";
import { generatedFrom } from "./markdown.ts";

/** `docs/reference/adapters.md`, from what the adapters declare of themselves. */
export function adaptersReference(): string {
  const all = Object.values(adapters).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const issuers = all.flatMap((adapter) => issuerRow(adapter, adapter.issuerTraits?.({})));
  const sinks = all.flatMap((adapter) => sinkRow(adapter, adapter.sinkTraits?.({})));
  return [
    generatedFrom("what the adapters declare"),
    "",
    "# Adapters",
    "",
    "What each adapter can do, as it declares itself and the conformance suites hold it to. Privileges, limits and traps are in each",
    "adapter's own readme; the fields of its blocks are in [kinds](kinds.md).",
    "",
    table(["adapter", "issuer", "sink", "check", "endpoint"], all.map(roleRow)),
    "",
    "## Issuers",
    "",
    "- Mint class: who chooses the value, and what Velvet can do when the answer to a mint is lost. `client-supplied`: Velvet chooses,",
    "  and the same order again has the same outcome.",
    "- Authority: who can say whether a value is valid. `acceptors`: nobody but the consumers.",
    "- Revocation: `quarantine` disables first and can be restored until it is destroyed; `immediate` is gone at once; `manual` is",
    "  done by a person.",
    "",
    table(
      [
        "adapter",
        "mint class",
        "fields",
        "not secret",
        "authority",
        "revocation",
        "at most live",
        "wrong value is tried",
        "may be refused for",
      ],
      issuers,
    ),
    "",
    "## Sinks",
    "",
    "- Grade: what can be seen of what is there.",
    "- Atomic: all keys of one consumer change at once. Conditional: a write depends on the version that was observed.",
    "",
    table(["adapter", "grade", "atomic", "conditional"], sinks),
    "",
  ].join("\n");
}

function roleRow({ name, roles, endpoint }: Adapter): string[] {
  const has = (role: Adapter["roles"][number]): string => yesNo(roles.includes(role));
  return [linked(name), has("issuer"), has("sink"), has("check"), endpoint];
}

function issuerRow({ name }: Adapter, traits: IssuerTraits | undefined): string[][] {
  if (!traits) return [];
  const { mintClass, fields, publicFields, authority, revocation, maxLive, negativeControl, propagation } = traits;
  const row = [
    linked(name),
    mintClass,
    codes(fields),
    publicFields.length === 0 ? "none" : codes(publicFields),
    authority,
    revocation,
    String(maxLive ?? "no limit"),
    yesNo(negativeControl),
    propagation.windowMs === 0 ? "never" : `${propagation.windowMs / 1000} s`,
  ];
  return [row];
}

function sinkRow({ name }: Adapter, traits: SinkTraits | undefined): string[][] {
  return traits ? [[linked(name), traits.grade, yesNo(traits.atomic), yesNo(traits.conditional)]] : [];
}

function linked(name: string): string {
  return `[${name}](../../adapters/${name}/README.md)`;
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

function yesNo(is: boolean): string {
  return is ? "yes" : "no";
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
