// Reads RDF with npm judges and writes canonical N-Triples or N-Quads.
//
// Requests come one a line on standard input:
//   {"judge": "n3", "path": …, "type": <media type>, "out": …}
//   {"judge": "jsonld", "path": …, "out": …}
// and each has one line for a reply: {"lines": n}, {"refused": why} or {"broken": why}.
'use strict';

const fs = require('node:fs');
const readline = require('node:readline');

const N3_TYPES = new Set(['application/n-triples', 'application/n-quads', 'text/turtle', 'application/trig']);
const XSD_STRING = 'http://www.w3.org/2001/XMLSchema#string';
// What relative IRIs of a JSON-LD document are resolved against, so that they are found and refused instead of dropped.
const NO_BASE = 'https://relative.invalid/';
const LINES_AT_ONCE = 8192;

// The canonical form escapes these; the last two are the only code points outside the Char production of XML 1.1 that
// UTF-8 can carry.
const TO_ESCAPE = /["\\\x00-\x1f\x7f\ufffe\uffff]/;
const ALL_TO_ESCAPE = new RegExp(TO_ESCAPE, 'g');
const NAMED = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '"': '\\"', '\\': '\\\\' };
const LONE_SURROGATE = /\p{Surrogate}/u;
const ABSOLUTE_IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*$/;

/** The file is not acceptable, which is a finding; any other error is a fault of the judge. */
class Refused extends Error {}

function escaped(char) {
  return NAMED[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function iri(value) {
  if (!ABSOLUTE_IRI.test(value) || value.startsWith(NO_BASE))
    throw new Refused(`not an absolute IRI: ${JSON.stringify(value)}`);
  return `<${value}>`;
}

function term(node) {
  switch (node.termType) {
    case 'NamedNode':
      return iri(node.value);
    case 'BlankNode':
      return node.value.startsWith('_:') ? node.value : `_:${node.value}`;
    case 'Literal': {
      const text = TO_ESCAPE.test(node.value) ? node.value.replace(ALL_TO_ESCAPE, escaped) : node.value;
      if (node.language)
        return `"${text}"@${node.language.toLowerCase()}${node.direction ? `--${node.direction}` : ''}`;
      return node.datatype.value === XSD_STRING ? `"${text}"` : `"${text}"^^${iri(node.datatype.value)}`;
    }
    default:
      throw new Refused(`a term of type ${node.termType}`);
  }
}

/** Takes statements and writes them as lines to a file. */
class Lines {
  constructor(path) {
    this.file = fs.openSync(path, 'w');
    this.waiting = [];
    this.count = 0;
  }

  add(quad) {
    const graph = quad.graph.termType === 'DefaultGraph' ? '' : `${term(quad.graph)} `;
    this.waiting.push(`${term(quad.subject)} ${term(quad.predicate)} ${term(quad.object)} ${graph}.\n`);
    if (this.waiting.length === LINES_AT_ONCE)
      this.flush();
  }

  flush() {
    const text = this.waiting.join('');
    // UTF-8 has no lone surrogates: Node.js would write U+FFFD in their place and say nothing.
    // The method is newer than Node.js 18, and ten times as quick.
    if (!(text.isWellFormed?.() ?? !LONE_SURROGATE.test(text)))
      throw new Refused('a lone surrogate');
    fs.writeFileSync(this.file, text);
    this.count += this.waiting.length;
    this.waiting = [];
  }

  close() {
    fs.closeSync(this.file);
  }
}

/** Gives a UTF-8 file in pieces of text; the byte order mark, if any, is left for the judge. */
function* pieces(path) {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (...args) => {
    try {
      return decoder.decode(...args);
    } catch {
      throw new Refused('not UTF-8');
    }
  };
  const file = fs.openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(1 << 18);
    for (let length; (length = fs.readSync(file, buffer, 0, buffer.length, null)) > 0;)
      yield decode(buffer.subarray(0, length), { stream: true });
    yield decode();
  } finally {
    fs.closeSync(file);
  }
}

function readWithN3({ path, type }, lines) {
  if (!N3_TYPES.has(type))
    throw new Error(`N3.js is not asked about ${type}`);
  const { Parser } = require('n3');
  // A stream that is pushed by hand: N3.js reads each piece within the call, so no piece waits for a turn.
  const stream = { on(event, listener) { this[event] = listener; } };
  let problem = null;
  // The empty prefix keeps the labels of blank nodes as the file has them.
  new Parser({ format: type, blankNodePrefix: '' }).parse(stream, {
    onQuad(error, quad) {
      if (problem !== null)
        return;
      try {
        if (error)
          // N3.js tells where it stumbled; an error without that is not about the file.
          problem = error.context ? new Refused(error.message) : error;
        else if (quad)
          lines.add(quad);
      } catch (caught) {
        problem = caught;
      }
    },
  });
  for (const piece of pieces(path)) {
    if (piece !== '')
      stream.data(piece);
    if (problem !== null)
      throw problem;
  }
  stream.end();
  if (problem !== null)
    throw problem;
}

async function readWithJsonld({ path }, lines) {
  const jsonld = require('jsonld');
  let document;
  try {
    document = JSON.parse([...pieces(path)].join(''));
  } catch (error) {
    throw error instanceof SyntaxError ? new Refused(error.message) : error;
  }
  let quads;
  try {
    quads = await jsonld.toRDF(document, {
      base: NO_BASE,
      // Whatever would be dropped in silence is an error.
      safe: true,
      documentLoader: (url) => {
        throw new Refused(`a document that would have to be fetched: ${url}`);
      },
    });
  } catch (error) {
    for (let cause = error; cause; cause = cause.details?.cause ?? cause.cause)
      if (cause instanceof Refused)
        throw cause;
    throw error.name?.startsWith('jsonld.')
      ? new Refused(`${error.message} ${JSON.stringify(error.details?.event?.message ?? error.details ?? '')}`)
      : error;
  }
  for (const quad of quads)
    lines.add(quad);
}

const JUDGES = { n3: readWithN3, jsonld: readWithJsonld };

async function answer(request) {
  let lines = null;
  try {
    lines = new Lines(request.out);
    await JUDGES[request.judge](request, lines);
    lines.flush();
    return { lines: lines.count };
  } catch (error) {
    return error instanceof Refused ? { refused: error.message } : { broken: String(error?.stack ?? error) };
  } finally {
    lines?.close();
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity }))
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}

main();
