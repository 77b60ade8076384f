/** Every label that the engine gives an effect, read from its source: what a layer should have passed. */
import { globSync, readFileSync } from "node:fs";

const ENGINE = new URL("../../../controller/engine/", import.meta.url);

/** Labels that are put together: what can stand in the gap. */
const GAPS: Readonly<Record<string, readonly string[]>> = { "issuer.${wish}": ["issuer.destroy", "issuer.restore"] };

/** `issuer.mint` and the like, sorted. Throws where a label is put together in a way that is not known here. */
export function knownLabels(): string[] {
  const found = new Set<string>();
  for (const file of globSync("**/*.ts", { cwd: ENGINE })) {
    const text = readFileSync(new URL(file, ENGINE), "utf8");
    for (const [, label] of text.matchAll(/"((?:issuer|sink|check)\.[a-z]\w*)"/gi)) found.add(label ?? "");
    for (const [, label] of text.matchAll(/`((?:issuer|sink|check)\.\$\{\w+\})`/g)) {
      const filled = GAPS[label ?? ""];
      if (!filled) throw new Error(`${file} puts the label ${label} together in a way that is not known here`);
      for (const each of filled) found.add(each);
    }
  }
  return [...found].sort();
}

/** Both moments of every label, as `Result.labels` names them. */
export function knownMoments(): string[] {
  return knownLabels().flatMap((label) => [`${label}:before`, `${label}:after`]);
}
