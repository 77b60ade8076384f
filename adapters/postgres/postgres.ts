import type { PostgresAccount, PostgresIssuer } from "../../crds/kinds.gen.ts";
import { defineAdapter } from "../define.ts";
import { isAdapterError } from "../errors.ts";
import { type Admin, openAdmin } from "./admin.ts";
import { issuerOf, TRAITS } from "./issuer.ts";
import { probe } from "./probe.ts";
import { serverOf } from "./server.ts";
import { slotsOf } from "./slots.ts";

/** Passwords of PostgreSQL roles (14 and newer), two roles taking turns. Needs no superuser: see the README for its rights. */
export const postgres = defineAdapter<PostgresAccount, PostgresIssuer>({
  name: "postgres",
  endpoint: "required",
  issuer: {
    targets: (block) => ({
      ...slotsOf(block),
      ...(block.database === undefined ? {} : { database: block.database }),
    }),
    traits: () => TRAITS,
  },
  connect: (account, clock) => {
    let opened: Admin | undefined;
    // Opened when first used, so that a wrong endpoint is a failure of what uses it.
    const admin = (): Admin => (opened ??= openAdmin(serverOf(account), () => account.secret("password")));
    return {
      probe: async (signal) => {
        try {
          return await probe(admin(), signal);
        } catch (error) {
          if (!isAdapterError(error)) throw error;
          return { ready: false, reason: error.reason, message: error.message };
        }
      },
      issuer: (block) => issuerOf(admin, clock, block),
      async [Symbol.asyncDispose]() {
        await opened?.[Symbol.asyncDispose]();
      },
    };
  },
});
