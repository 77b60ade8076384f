/** Mistakes on the way to the point of no return, and after it. */
import type { Mutant } from "./mutant.ts";

const REVOKE = "controller/engine/stages/revoke.ts";
const GUARD = {
  file: REVOKE,
  search: "if (unproven.length === 0) return undefined;",
  replace: "if (unproven) return undefined;",
};

export const REVOKE_MUTANTS: readonly Mutant[] = [
  {
    name: "revoke-before-last-receipt",
    breaks: "The old credential is ended while one consumer has not proven that it works with the new one (I1, I4).",
    layer: "A",
    only: "re-readable/3xslow rotate",
    known: "A re-readable/3xslow rotate",
    edits: [
      GUARD,
      {
        file: "controller/domain/plan-distribute.ts",
        search: "if (open.length === 0) return undefined;",
        replace: "if (open.length < world.consumers.length) return undefined;",
      },
    ],
  },
  {
    name: "revoke-by-slot",
    breaks: "The vendor is given a name that is cut to its slot instead of the exact id: the old one lives on (I2).",
    layer: "A",
    only: "re-readable/1xreadable rotate",
    known: "A re-readable/1xreadable rotate",
    edits: [
      {
        file: REVOKE,
        search: "async (signal) => revokeKey(issuer, id, signal, () => previousValue(pass.deps, world)),",
        replace: "async (signal) => issuer.revoke(id.slice(0, -4), signal),",
      },
    ],
  },
  {
    name: "revoke-newest",
    breaks: "The one that the vendor lists last is ended, whoever's it is (I1, I4).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate die issuer.verify:before:2",
    edits: [
      {
        file: REVOKE,
        search: "async (signal) => revokeKey(issuer, id, signal, () => previousValue(pass.deps, world)),",
        replace: "async (signal) => issuer.revoke((await issuer.list(signal)).at(-1)?.id ?? id, signal),",
      },
    ],
  },
  {
    name: "gate-ignored",
    breaks: "The revoke does not wait for the person whose approval it needs (I11).",
    layer: "A",
    only: "client-supplied/1xcas approve",
    known: "A client-supplied/1xcas approve",
    edits: [
      {
        file: "controller/domain/plan-gate.ts",
        search: "if (!needsApproval(world, gate)) return undefined;",
        replace: 'if (!needsApproval(world, gate) || gate === "Revoke") return undefined;',
      },
    ],
  },
  {
    name: "gate-opened-again",
    breaks: "An approval counts whatever the gate's digest has become since (I11).",
    layer: "A",
    only: "client-supplied/1xcas approve",
    known: "A client-supplied/1xcas approve",
    edits: [
      {
        file: "controller/domain/plan-gate.ts",
        search: 'if (facts?.digest !== digest) return { do: "open-gate", gate, digest };',
        replace: 'if (!facts) return { do: "open-gate", gate, digest: "sha256:0" };',
      },
    ],
  },
  {
    name: "revoke-without-intent",
    breaks: "The old credential is ended without its id in the ledger: a crash leaves no trace of it (I4).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate",
    edits: [
      {
        file: REVOKE,
        search: '{ label: "issuer.revoke", attempt: attempt.id, intent: (live) => intent(live, world, id) },',
        replace: '{ label: "issuer.revoke", attempt: attempt.id },',
      },
    ],
  },
  {
    name: "old-slot-never-dropped",
    breaks: "Acceptors keep the old value in their second slot for ever (I2).",
    layer: "A",
    only: "acceptors/1xslots rotate",
    known: "A acceptors/1xslots rotate",
    edits: [{ file: REVOKE, search: "if (!(await dropOld(pass, world, id))) return;", replace: "void dropOld;" }],
  },
  {
    name: "failed-revoke-forgotten",
    breaks: "A revoke that failed counts as done: the old credential lives on, and nobody is told (I2).",
    layer: "D",
    only: "re-readable/1xreadable",
    known: "D re-readable/1xreadable rotate fault=busy+429+5s issuer.revoke:1",
    edits: [
      {
        file: REVOKE,
        search: 'if (outcome.kind !== "done") return recordRevokeFailed(pass, id, outcome.cause, performed.effect);',
        replace: "",
      },
      {
        file: REVOKE,
        search: "const left = hasDropped(world) ? [] : outcome.value;",
        replace: 'const left = outcome.kind === "done" && !hasDropped(world) ? outcome.value : [];',
      },
    ],
  },
  {
    name: "current-not-recorded",
    breaks: "After the rotation the ledger still holds the old id for the current one (I2).",
    layer: "A",
    only: "markable/1xcas rotate",
    known: "A markable/1xcas rotate",
    edits: [
      {
        file: "controller/engine/stages/finish.ts",
        search: "return { attempts: wiped(world, current.id), credential };",
        replace: "return { attempts: wiped(world, current.id), ...(credential ? {} : {}) };",
      },
    ],
  },
  {
    name: "quarantine-skipped",
    breaks: "The old credential is destroyed at once: nobody can bring it back, and the ledger says otherwise.",
    layer: "A",
    only: "client-supplied/1xcas restore",
    known: "A client-supplied/1xcas restore",
    edits: [
      {
        file: REVOKE,
        search: "async (signal) => revokeKey(issuer, id, signal, () => previousValue(pass.deps, world)),",
        replace: "async (signal) => [...(await issuer.revoke(id, signal)), ...(await issuer.destroy(id, signal))],",
      },
    ],
  },
  {
    name: "decisions-not-read-again",
    breaks: "An abort that came since the last look does not keep the old credential from being ended (I11).",
    layer: "A",
    only: "client-supplied/1xcas rotate",
    known: "A client-supplied/1xcas rotate abort issuer.usage:before:1",
    edits: [
      {
        file: "controller/engine/stages/revoke-record.ts",
        search: '...(live.state === "revoking" ? {} : { ifWakes: world.wakes }),',
        replace: "",
      },
    ],
  },
];
