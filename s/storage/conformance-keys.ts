/** Keys that have broken other stores. */

/** Each must be refused: traversal, other spellings of a separator, case, control and non-ASCII characters, reserved names, sizes, wrong types. */
export const HOSTILE_KEYS: readonly unknown[] = Object.freeze([
  '', '/', '//', '/a', 'a/', 'a//b', '.', '..', './a', 'a/.', '../a', '../../etc/passwd', 'a/..', 'a/../b', 'a/../../b', 'a..b', '...', 'a.', 'a./b',
  '.hidden', 'a/.tmp-1', '..\\a', 'a\\b', '\\\\host\\share', 'c:', 'c:/a', 'c:\\a', 'file:///etc/passwd', '~/a', '$home/a',
  '%2e%2e/a', '%2e', 'a%2fb', 'a%00', 'a\0', 'a\0.json', 'a\n', 'a\r', 'a\tb', ' a', 'a ', 'a b', 'A', 'a/B', 'a?b', 'a#b', 'a*b', 'a|b', 'a"b', '<a>', 'a:b', 'a@b',
  'con', 'a/nul', 'aux.txt', 'prn/a', 'com1', 'lpt9.bin', '-a', '_a', '__proto__', 'a/__proto__', 'caf\u00e9', 'cafe\u0301', '\uff41', 'a\u2215b', 'a\u202eb', '\ud800', '\u0131',
  'a'.repeat(97), `${'a/'.repeat(256)}a`, undefined, null, 7, {}, ['a'],
]);

/** Each must work: names that are special to JavaScript objects, longest sizes, every allowed character. */
export const UNUSUAL_KEYS: readonly string[] = Object.freeze([
  'constructor', 'prototype', 'tostring', 'a/constructor/b', 'console', 'nul0', 'com10', '0', 'a-_.b', 'abcdefghijklmnopqrstuvwxyz0123456789', 'a.tar.gz',
  'a'.repeat(96), Array.from({ length: 5 }, () => 'b'.repeat(96)).join('/'),
]);
