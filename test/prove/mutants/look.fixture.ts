/** A layer that looks at what the hook has made of a module and of a query. */
import { once } from "node:events";
import { statement } from "../../../controller/ledger/db.ts";
import type { Layer } from "../api.ts";
import { one } from "./look.subject.ts";

const BROKEN: Readonly<Record<string, () => boolean>> = {
  nothing: () => false,
  module: () => one() === 2,
  query: () => !statement("renew_claims").text.includes("and ended_at is null"),
  always: () => true,
  hangs: () => false,
};
/** Told only where somebody asks for it. */
const ON_DEMAND = new Set(["always", "hangs"]);

export const layer: Layer = {
  name: "A",
  about: "",
  schedules: ({ only }) =>
    Object.keys(BROKEN).filter((name) => (only === undefined ? !ON_DEMAND.has(name) : name === only)),
  open: async () => ({
    run: async (schedule) => {
      if (schedule === "hangs") await once(new EventTarget(), "never");
      const isBroken = BROKEN[schedule]?.() === true;
      return { schedule, labels: new Set(), violations: isBroken ? [{ invariant: "I1", message: "changed" }] : [] };
    },
    [Symbol.asyncDispose]: async () => undefined,
  }),
};
