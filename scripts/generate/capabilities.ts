import type { Adapter, IssuerTraits, SinkTraits } from "../../adapters/contract.ts";
import { adapters } from "../../adapters/registry.ts";
import type { AdapterBlocks } from "./adapters.ts";
import { kindsOf } from "./kinds-of-blocks.ts";
import { generatedFrom } from "./markdown.ts";

/** `docs/reference/adapters.md`, from what the adapters declare of themselves for the examples in their schemas. */
export function adaptersReference(blocks: readonly AdapterBlocks[]): string {
  const all = Object.values(adapters).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const issuers = all.flatMap((adapter) =>
    kindsIn(blocks, adapter, "issuer").map(({ kind, config }) =>
      issuerRow(adapter, kind, adapter.issuerTraits?.(config)),
    ),
  );
  const sinks = all.flatMap((adapter) =>
    kindsIn(blocks, adapter, "sink").map(({ kind, config }) => sinkRow(adapter, kind, adapter.sinkTraits?.(config))),
  );
  return [
    generatedFrom("what the adapters declare"),
    "",
    "# Adapters",
    "",
    "What each adapter can do, as it declares itself and the conformance suites hold it to. Privileges, limits and traps are in each",
    "adapter's own readme; the fields of its blocks are in [kinds](kinds.md).",
    "",
    "Requests in a minute: how many Velvet sends for one account, all replicas together, where the account has no limits of its own.",
    "",
    table(["adapter", "issuer", "sink", "check", "endpoint", "requests in a minute"], all.map(roleRow)),
    "",
    "## Issuers",
    "",
    "- Mint class: who chooses the value, and what Velvet can do when the answer to a mint is lost; [minting](../explanation/minting.md)",
    "  explains each.",
    "- Authority: who can say whether a value is valid. `acceptors`: nobody but the consumers.",
    "- Revocation: `quarantine` disables first and can be restored until it is destroyed; `immediate` is gone at once; `manual` is",
    "  done by a person. With its value: the vendor ends a credential only for whoever shows it.",
    "",
    table(
      [
        "adapter",
        "kind",
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
    table(["adapter", "kind", "grade", "atomic", "conditional"], sinks),
    "",
  ].join("\n");
}

/** An adapter without a block of this role has one kind, if any. */
function kindsIn(blocks: readonly AdapterBlocks[], { name, roles }: Adapter, role: "issuer" | "sink") {
  if (!roles.includes(role)) return [];
  const own = blocks.find((each) => each.name === name);
  const kinds = own ? kindsOf(own, role) : [];
  return kinds.length > 0 ? kinds : [{ kind: "", config: {} }];
}

function roleRow({ name, roles, endpoint, requestsPerMinute }: Adapter): string[] {
  const has = (role: Adapter["roles"][number]): string => yesNo(roles.includes(role));
  return [linked(name), has("issuer"), has("sink"), has("check"), endpoint, String(requestsPerMinute ?? "any number")];
}

function issuerRow({ name }: Adapter, kind: string, traits: IssuerTraits | undefined): string[] {
  if (!traits) throw new Error(`the adapter ${name} declares no traits of its issuer ${kind}`);
  const { mintClass, fields, publicFields, authority, revocation, maxLive, negativeControl, propagation } = traits;
  return [
    linked(name),
    kindText(kind),
    mintClass,
    codes(fields),
    publicFields.length === 0 ? "none" : codes(publicFields),
    authority,
    traits.revokeNeeds === "value" ? `${revocation}, with its value` : revocation,
    `${maxLive ?? "no limit"}${traits.countsDisabled === true ? ", disabled ones included" : ""}`,
    yesNo(negativeControl),
    propagation.windowMs === 0 ? "never" : `${propagation.windowMs / 1000} s`,
  ];
}

function sinkRow({ name }: Adapter, kind: string, traits: SinkTraits | undefined): string[] {
  if (!traits) throw new Error(`the adapter ${name} declares no traits of its sink ${kind}`);
  return [linked(name), kindText(kind), traits.grade, yesNo(traits.atomic), yesNo(traits.conditional)];
}

function kindText(kind: string): string {
  return kind === "" ? "" : `\`${kind}\``;
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
