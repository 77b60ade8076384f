/** A layer that looks at what the hook has made of a module and of a query. */
import { statement } from "../../../controller/ledger/db.ts";
import type { Layer } from "../api.ts";
import { one } from "./look.subject.ts";

const BROKEN: Readonly<Record<string, () => boolean>> = {
  nothing: () => false,
  module: () => one() === 2,
  query: () => !statement("renew_claims").text.includes("and ended_at is null"),
  always: () => true,
};

export const layer: Layer = {
  name: "A",
  about: "",
  schedules: ({ only }) =>
    Object.keys(BROKEN).filter((name) => (only === undefined ? name !== "always" : name === only)),
  open: async () => ({
    run: async (schedule) => ({
      schedule,
      labels: new Set(),
      violations: BROKEN[schedule]?.() === true ? [{ invariant: "I1", message: "changed" }] : [],
    }),
    [Symbol.asyncDispose]: async () => undefined,
  }),
};
