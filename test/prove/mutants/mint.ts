/** Mistakes in how a new credential is made, and in how an unknown outcome is found out. */
import type { Mutant } from "./mutant.ts";

const MINT = "controller/engine/stages/mint.ts";
const MINTED = "controller/engine/stages/minted.ts";
const RESOLVE = "controller/engine/stages/resolve.ts";
const RESOLUTION = "controller/domain/resolution.ts";
const ATTRIBUTION = "controller/domain/attribution.ts";

const GRACE = "controller/domain/grace.ts";
const NEWER = "if (used?.expiresAt === undefined) return undefined;";

const WATCHED = 'new Set<MintClass>(["client-supplied", "re-readable", "markable"])';
const UNWATCHED = 'new Set<MintClass>(["re-readable", "markable"])';

export const MINT_MUTANTS: readonly Mutant[] = [
  {
    name: "no-tombstone",
    breaks: "A mint that lands after its attempt was given up is never looked for again, and stays for ever (I3).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate die issuer.mint:flight:1+10m",
    edits: [
      {
        file: ATTRIBUTION,
        search: "if (BY_MARKER.has(mintClass) || BY_GENERATION.has(mintClass)) return true;",
        replace: "if (BY_MARKER.has(mintClass) || BY_GENERATION.has(mintClass)) return false;",
      },
    ],
  },
  {
    name: "unmarked-forgets-lost",
    breaks:
      "A token whose mint was lost is nobody's for its hour: that it has ended by itself later hides nothing (I3).",
    layer: "V",
    only: "github-installation-token/1x rotate",
    edits: [
      {
        file: ATTRIBUTION,
        search: 'return mintClass === "unmarked" && (isLost ||',
        replace: 'return mintClass !== "unmarked" && (isLost ||',
      },
    ],
  },
  {
    name: "reaper-forgets",
    breaks: "The reaper looks once, a minute after the mint, and not again: what lands after ten minutes stays (I3).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate die issuer.mint:flight:1+10m",
    edits: [
      {
        file: "controller/domain/tombstone.ts",
        search: "  const nextMs = untilNext(looks + counted);\n",
        replace: "  const nextMs = counted === 1 ? undefined : untilNext(looks + counted);\n",
      },
    ],
  },
  {
    name: "retry-around-mint",
    breaks: "A client that retries by itself sends the mint twice when its answer is lost, and makes two (I6).",
    layer: "D",
    only: "markable",
    known: "D markable/1xcas rotate fault=reset-after issuer.mint:1",
    edits: [
      {
        file: MINT,
        search: "    issuer.mint(order, signal),\n",
        replace: "    issuer.mint(order, signal).catch(async () => issuer.mint(order, signal)),\n",
      },
    ],
  },
  {
    name: "unknown-is-refused",
    breaks: "A mint without an answer counts as refused: its attempt is burned although the credential may live (I3).",
    layer: "D",
    only: "markable",
    known: "D markable/1xcas rotate fault=reset-after issuer.mint:1",
    edits: [
      {
        file: MINT,
        search: 'if (kind === "unknown") return recordUnknown(pass, performed, cause);',
        replace: 'if (kind === "unknown") return recordBurned(pass, open, performed, cause);',
      },
    ],
  },
  {
    name: "mint-before-intent",
    breaks:
      "The mint is called before its attempt stands in the ledger: a crash leaves what nobody knows of (I3, I11).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate die issuer.mint:after:1",
    edits: [
      {
        file: "controller/engine/effect.ts",
        search: "  if (intent) {\n    await journal.write(",
        replace:
          '  if (intent && spec.label === "issuer.mint") {\n    const early = await call(deps, spec.label, pass.signal, work, begunAt);\n    await journal.write((live, now) => ({ ...intent(live, now), effects: [intended] }));\n    return { outcome: early, effect: [{ ...intended, ...outcomeColumns(early) }] };\n  }\n  if (intent) {\n    await journal.write(',
      },
    ],
  },
  {
    name: "seal-skipped",
    breaks: "The mint is recorded without its sealed value, which is then lost with the process (I9).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate",
    edits: [{ file: MINTED, search: "    sealed: sealedNew(pass.deps, world, open.id, minted.value),\n", replace: "" }],
  },
  {
    name: "verify-new-skipped",
    breaks: "Consumers are given a new credential that the vendor does not accept yet (I1).",
    layer: "A",
    only: "client-supplied/3xblind rotate",
    known: "A client-supplied/3xblind rotate",
    edits: [
      {
        file: MINTED,
        search: 'if (liveness !== "alive" && liveness !== "restricted") {',
        replace: 'if (liveness === "locked") {',
      },
    ],
  },
  {
    name: "replay-forgotten",
    breaks: "A chosen value whose mint had no answer is given up instead of applied again, and nobody ends it (I2).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate die issuer.mint:after:1",
    edits: [
      {
        file: RESOLUTION,
        search: '"client-supplied": () => ({ do: "replay" }),',
        replace: '"client-supplied": () => NOTHING_LEFT,',
      },
      { file: ATTRIBUTION, search: WATCHED, replace: UNWATCHED },
    ],
  },
  {
    name: "chosen-unwatched",
    breaks:
      "A chosen value that lands after it was ended is never looked for: the vendor lists it again, and nobody ends it (I3).",
    layer: "V",
    only: "github-deploy-key",
    known: "A github-deploy-key/1x abort-distributing die issuer.mint:flight:1+40s",
    edits: [{ file: ATTRIBUTION, search: WATCHED, replace: UNWATCHED }],
  },
  {
    name: "grace-would-end",
    breaks: "After a lost answer it mints again where the vendor keeps one older value, and ends the one in use (I1).",
    layer: "A",
    only: "native-grace-last/1xcas rotate",
    known: "A native-grace-last/1xcas rotate die issuer.mint:after:1",
    edits: [
      {
        file: RESOLUTION,
        search: 'if (!happened || isGone || world.issuer.graceKeeps === "all" || accepted) return NOTHING_LEFT;',
        replace: "if (happened || accepted || !happened) return NOTHING_LEFT;",
      },
      // The look before every mint would notice the same.
      { file: GRACE, search: NEWER, replace: "if (used !== null) return undefined;" },
    ],
  },
  {
    name: "mint-over-newer",
    breaks: "It mints although the value in use is in its grace already, and the vendor ends that one (I1).",
    layer: "D",
    known:
      "D native-grace-last/3xblind rotate fault=twice+40s issuer.mint:1 fault=hang+10m issuer.verify:2 fault=hang issuer.revoke:1 request wait:before:4",
    edits: [{ file: GRACE, search: NEWER, replace: "if (used !== null) return undefined;" }],
  },
  {
    name: "mints-without-end",
    breaks: "Every lost answer leads to one more mint, without a bound (I6).",
    layer: "B",
    only: "markable/1xcas rotate",
    known: "B markable/1xcas rotate die issuer.mint:before:1 die@b issuer.mint:before:1",
    edits: [
      {
        file: "controller/domain/mint-budget.ts",
        search: "if (spent >= MOST_MINTS_A_ROTATION) {",
        replace: "if (spent >= 10 * MOST_MINTS_A_ROTATION) {",
      },
      {
        file: "controller/domain/mint-budget.ts",
        search: "if (mintsToday < MOST_MINTS_A_DAY) return undefined;",
        replace: "if (mintsToday < 10 * MOST_MINTS_A_DAY) return undefined;",
      },
    ],
  },
  {
    name: "newest-taken-for-lost",
    breaks:
      "What the vendor lists is ended by its age instead of by the attempt's marker: the one in use goes (I1, I4).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate die issuer.mint:before:1",
    edits: [
      {
        file: RESOLUTION,
        search: 'markable: ({ found }) => ({ do: "give-up", revoke: found.ours }),',
        replace: 'markable: ({ keys }) => ({ do: "give-up", revoke: keys.slice(-1).map((key) => key.id) }),',
      },
    ],
  },
  {
    name: "extra-copies-kept",
    breaks: "Of a mint that happened twice one is adopted, and the other is left without an owner (I2, I3).",
    layer: "D",
    only: "re-readable",
    known: "D re-readable/1xreadable rotate fault=twice+20s issuer.mint:1",
    edits: [
      { file: RESOLVE, search: "if (!(await endAll(pass, issuer, attempt, extra))) return;", replace: "void extra;" },
      {
        file: ATTRIBUTION,
        search: "if (BY_MARKER.has(mintClass) || BY_GENERATION.has(mintClass)) return true;",
        replace: "if (BY_MARKER.has(mintClass) || BY_GENERATION.has(mintClass)) return isLost;",
      },
    ],
  },
];
