// Makes golden.json with the real compressor: node src/test/resources/lzstring/generate.mjs
// (after `npm ci` in web/, which brings lz-string).
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../../web/package.json", import.meta.url));
const lz = require("lz-string");

const recording = (name) =>
  readFileSync(new URL(`../rrweb/suite/${name}.json`, import.meta.url), "utf8");

/** A small random generator with a fixed seed, so that the file comes out the same every time. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomText(seed, length, alphabet) {
  const next = random(seed);
  return Array.from({ length }, () => alphabet(next)).join("");
}

const unit = (next) => String.fromCharCode(next(65536));
const asciiLetter = (next) => String.fromCharCode(97 + next(26));

const texts = {
  empty: "",
  "one character": "a",
  "two equal": "aa",
  hello: "Hello world",
  "hello with comma": "Hello, world",
  "an empty array": "[]",
  "an object": '{"a":1}',
  "white space first": ' \n[{"type":4}]',
  "control characters": "\u0000\u0001\u001f\u007f\u0080\u00ff\u0100",
  Chinese: "会话回放记录了人们在应用中所做的事情。会话回放",
  emoji: "[\"👩‍👩‍👧‍👦 🏳️‍🌈 𝄞\"]",
  "half of a surrogate pair": '["\ud83d"]',
  "every eight-bit character": Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join(""),
  "random letters": randomText(1, 3000, asciiLetter),
  "random units": randomText(2, 1500, unit),
  "few letters": randomText(3, 5000, (next) => "ab"[next(2)]),
  hover: recording("hover"),
  input: recording("input"),
  "iframe in a shadow": recording("iframe-shadowdom-hover"),
};
// Lengths around each growth of the code width.
for (let length = 1; length <= 40; length++) {
  texts[`letters ${length}`] = randomText(100 + length, length, asciiLetter);
}

const vectors = Object.entries(texts).map(([name, text]) => vector(name, { text }, text));
vectors.push(vector("a million equal", { repeat: "a", times: 1_000_000 }, "a".repeat(1_000_000)));
vectors.push(
  vector("a million, JSON", { repeat: '[{"type":3},', times: 100_000 }, '[{"type":3},'.repeat(100_000)),
);

function vector(name, source, text) {
  return {
    name,
    ...source,
    raw: lz.compress(text),
    utf16: lz.compressToUTF16(text),
    base64: lz.compressToBase64(text),
    uri: lz.compressToEncodedURIComponent(text),
    bytes: Buffer.from(lz.compressToUint8Array(text)).toString("hex"),
  };
}

const lines = vectors.map((v) => JSON.stringify(v)).join(",\n");
writeFileSync(new URL("golden.json", import.meta.url), `[\n${lines}\n]\n`);
