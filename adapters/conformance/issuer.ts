/**
 * What every issuer must do, whoever is behind it. An issuer's test calls `issuerConformance` with a bench: one credential that is live
 * at the vendor, as from before Velvet, and the same configuration at a vendor that never answers. A case that a vendor makes impossible
 * is declared with the reason, and shown.
 */
import { type Arbitrary, assert, asyncProperty } from "fast-check";
import type { TestContext } from "vitest";
import { describe, expect, it } from "vitest";
import { sameFields, type SecretFields } from "../secret.ts";
import type { IssuerBench, IssuerTest } from "./issuer-bench.ts";
import { MINTING, PROBING } from "./issuer-births.ts";
import { DISCRETION, ENDING } from "./issuer-endings.ts";

const CASES = { ...PROBING, ...MINTING, ...ENDING, ...DISCRETION } satisfies Record<string, IssuerTest>;

export type IssuerCase = keyof typeof CASES;

export interface IssuerSuite {
  readonly name: string;
  /** A fresh vendor, or a part of one that nobody else uses. */
  readonly make: () => Promise<IssuerBench>;
  /** Values as people may have them, for `complete`: each array holds forms that all mean the same value. */
  readonly forms: Arbitrary<readonly SecretFields[]>;
  /** Cases that this vendor makes impossible, each with the reason. */
  readonly impossible?: Readonly<Partial<Record<IssuerCase, string>>>;
}

export function issuerConformance(suite: IssuerSuite): void {
  /** A bench for this case; a case that is declared impossible is skipped, with its reason. */
  const start = async (context: TestContext): Promise<IssuerBench> => {
    const reason = Object.entries(suite.impossible ?? {}).find(([title]) => title === context.task.name)?.[1];
    if (reason !== undefined) context.skip(reason);
    return suite.make();
  };

  describe(`${suite.name} as an issuer`, () => {
    it.for(Object.entries(CASES))("%s", async ([, test], context) => {
      await using bench = await start(context);
      expect.hasAssertions();
      await test(bench);
    });

    it("completes to the same value from any of its forms", async () => {
      await using bench = await suite.make();
      const { issuer } = bench;
      const property = asyncProperty(suite.forms, async (forms) => {
        const completed = forms.map((form) => issuer.complete(form));
        for (const [index, whole] of completed.entries()) {
          expect(sameFields(whole, completed[0] ?? {})).toBe(true);
          expect(sameFields(issuer.complete(whole), whole)).toBe(true);
          const given = Object.entries(forms[index] ?? {});
          expect(given.every(([name, secret]) => whole[name]?.equals(secret))).toBe(true);
        }
      });
      await assert(property);
      expect.hasAssertions();
    });

    it("gives a reason for each case that it declares impossible", () => {
      for (const reason of Object.values(suite.impossible ?? {})) expect(reason.length).toBeGreaterThan(20);
      expect(Object.keys(suite.impossible ?? {}).every((title) => title in CASES)).toBe(true);
    });
  });
}
