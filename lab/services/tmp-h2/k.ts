import { startRabbitMq } from '../rabbitmq.js';
import { connect } from 'amqplib';
const t0=Date.now(); const log=(...a:unknown[])=>console.log(Date.now()-t0,...a);
void (async()=>{
 const b=await startRabbitMq({folder:'/tmp/h2/k'}); log('up',b.pid);
 const how=process.argv[2];
 const c=await connect(b.url); c.on('error',e=>log('conn error',e.message)); const ch=await c.createConfirmChannel();
 await ch.assertQueue('kept',{durable:true,arguments:{'x-queue-type':how==='classic'?'classic':'quorum'}}); ch.sendToQueue('kept',Buffer.from('x'),{persistent:true}); await ch.waitForConfirms(); log('sent'); await c.close();
 await new Promise(r=>setTimeout(r,Number(process.argv[3]))); await b.kill(); log('killed');
 await b.start(); log('again',b.pid);
 const d=await connect(b.url); d.on('error',e=>log('conn error',e.message)); const k=await d.createChannel(); log('channel');
 if(how==='wait') await new Promise(r=>setTimeout(r,3000));
 if(how==='consume'){ await k.consume('kept',m=>log('consumed',m?.content.toString()),{noAck:false}); log('consume ok'); await new Promise(r=>setTimeout(r,8000)); }
 else if(how==='publish'){ const q=await d.createConfirmChannel(); q.sendToQueue('kept',Buffer.from('y'),{persistent:true}); await Promise.race([q.waitForConfirms().then(()=>log('confirmed')), new Promise(r=>setTimeout(r,8000,'timeout'))]); }
 else { const m=await Promise.race([k.get('kept',{noAck:how!=='ack'}), new Promise(r=>setTimeout(r,8000,'timeout'))]); log('got',m&&(m as any).content?.toString()||m); }
 log((await b.ctl('list_queues','name','messages','type','state')));
 await b.stop(); log('stopped');
})();
