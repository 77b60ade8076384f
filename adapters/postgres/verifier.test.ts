import { describe, expect, it } from "vitest";
import { Secret } from "../secret.ts";
import { checked, saltFor, scramVerifier } from "./verifier.ts";

describe("the SCRAM verifier", () => {
  it("is the one of RFC 7677 for its password and salt", async () => {
    const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
    expect(await scramVerifier(Secret.from("pencil"), salt)).toBe(
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  it("has the same salt for the same role and attempt only", () => {
    const salt = saltFor("orders", "velvet/i/c/a");
    expect(salt).toHaveLength(16);
    expect(salt.equals(saltFor("orders", "velvet/i/c/a"))).toBe(true);
    expect(salt.equals(saltFor("orders", "velvet/i/c/b"))).toBe(false);
    expect(salt.equals(saltFor("orders_b", "velvet/i/c/a"))).toBe(false);
  });

  it("is refused here where the server would take it for a plain password", () => {
    for (const bad of ["SCRAM-SHA-256$bad", "secret", "", "SCRAM-SHA-256$4096:c2hvcnQ=$x:y"]) {
      expect(() => checked(bad)).toThrow("has not the form");
    }
  });
});
