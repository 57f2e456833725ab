import { createServer } from 'node:http';

/** What a collector is to those who send: it reads all of it and answers well. A process of its own, as theirs is. */
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
});
server.listen(Number(process.env['SINK_PORT']), '127.0.0.1', () => process.stdout.write('ready\n'));
