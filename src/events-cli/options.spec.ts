import { UsageError } from './failures.js';
import { parseCommand } from './options.js';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const ID = '0199c0de-0000-7000-8000-000000000001';
const parse = (line: string) => parseCommand(line === '' ? [] : line.split(' '), NOW);

describe('the command line of npm run events', () => {
  it('has a default for all that may be left out', () => {
    expect(parse('list')).toEqual({
      command: 'list',
      ids: [],
      url: 'http://127.0.0.1:8000',
      json: false,
      limit: 20,
      range: {},
    });
  });

  it('gives a range as the API takes it', () => {
    expect(parse('list --since 90m --until 2026-11-20T11:00:00+02:00 --name a.b --key k')?.range).toEqual({
      from: '2026-11-20T08:30:00.000Z',
      to: '2026-11-20T09:00:00.000Z',
      name: 'a.b',
      key: 'k',
    });
    expect(parse('list --since 2d --until 45s')?.range).toEqual({
      from: '2026-11-18T10:00:00.000Z',
      to: '2026-11-20T09:59:15.000Z',
    });
  });

  it('takes ids where there is something to do with them', () => {
    expect(parse(`show ${ID} --module orders`)).toMatchObject({ ids: [ID], module: 'orders' });
    expect(parse(`retry ${ID} ${ID} --json`)).toMatchObject({ ids: [ID, ID], json: true });
    expect(parse(`replay --module orders --to payments ${ID}`)).toMatchObject({ to: 'payments', ids: [ID] });
  });

  it('takes an address without the slash at its end', () => {
    expect(parse('list --url https://waybill.example.org/')?.url).toBe('https://waybill.example.org');
  });

  it.each(['', '--help', 'help', 'list -h'])('asks for help: "%s"', (line) => {
    expect(parse(line)).toBeNull();
  });

  it.each([
    ['lst', 'There is no command "lst"'],
    ['toString', 'There is no command'],
    ['list --nme x', "Unknown option '--nme'"],
    ['list --module', "'--module <value>' argument missing"],
    ['retry --since 2h', 'retry takes no --since'],
    ['list --to orders', 'list takes no --to'],
    ['list --module parcels', 'There is no module "parcels", but users'],
    ['replay --module orders --to parcels --key k', 'There is no module "parcels"'],
    ['list --since yesterday', '"yesterday" is no time'],
    ['list --since 5', '"5" is no time'],
    ['list --since 2026-13-01', 'is no time'],
    ['list --since 999999999d', 'is no time'],
    ['list --limit 0', '--limit is a number from 1 to 1000'],
    ['list --limit 1e3', '--limit is a number'],
    ['list --state lost', '--state is pending or published'],
    [`list ${ID}`, 'list takes no ids'],
    ['show', 'Say which'],
    ['show 5', '"5" is not the id of an event'],
    [`show ${ID} ${ID}`, 'show takes 1 at most'],
    ['replay --module orders --key k', 'to whom'],
    ['replay --to orders --key k', 'Say whose events'],
    ['replay --module orders --to payments', 'Say which events'],
    ['list --url ftp://x', '--url is an address'],
    ['list --url 127.0.0.1', '--url is an address'],
  ])('refuses "%s"', (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });
});
