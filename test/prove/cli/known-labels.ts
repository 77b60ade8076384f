/** Every label that the engine, and who looks between rotations, give an effect, read from their source: what a layer should have passed. */
import { globSync, readFileSync } from "node:fs";

const CONTROLLER = new URL("../../../controller/", import.meta.url);

/** Labels that are put together: what can stand in the gap. */
const GAPS: Readonly<Record<string, readonly string[]>> = { "issuer.${wish}": ["issuer.destroy", "issuer.restore"] };

/** `issuer.mint` and the like, sorted. Throws where a label is put together in a way that is not known here. */
export function knownLabels(): string[] {
  const found = new Set<string>();
  for (const file of globSync("{engine,drift}/**/*.ts", { cwd: CONTROLLER })) {
    const text = readFileSync(new URL(file, CONTROLLER), "utf8");
    for (const [, label] of text.matchAll(/"((?:issuer|sink|check|drift)\.[a-z]\w*)"/gi)) found.add(label ?? "");
    for (const [, label] of text.matchAll(/`((?:issuer|sink|check|drift)\.\$\{\w+\})`/g)) {
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
