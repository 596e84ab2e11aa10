#include "examples/video-pipeline/eco-upload/upload_service.h"

namespace ecokube::video {

std::string_view upload_page() {
  static constexpr std::string_view kPage = R"HTML(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Eco-Kube video upload</title>
<style>
  :root { color-scheme: light dark; --line: #8886; --good: #2e8b57; --bad: #c0392b; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem;
         margin: 3rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin-bottom: .2rem; }
  p { margin-top: 0; opacity: .8; }
  label { display: block; border: 2px dashed var(--line); border-radius: .8rem;
          padding: 2.5rem 1rem; text-align: center; cursor: pointer; }
  label.over, label:focus-within { border-color: var(--good); }
  input[type=file] { position: absolute; opacity: 0; }
  ul { list-style: none; padding: 0; }
  li { display: grid; grid-template-columns: 1fr 9rem; gap: .2rem 1rem; padding: .6rem 0;
       border-bottom: 1px solid var(--line); }
  li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .state { text-align: right; } .done { color: var(--good); } .failed { color: var(--bad); }
  progress { grid-column: 1 / -1; width: 100%; height: .4rem; accent-color: var(--good); }
</style>
<h1>Upload videos</h1>
<p>Each becomes a job. Workers and their machines start when there is something to do.</p>
<label id="drop">Drop files here, or click to choose
  <input id="files" type="file" multiple accept="video/*"></label>
<ul id="list" aria-live="polite"></ul>
<script>
const list = document.getElementById('list');
const waiting = [];
let running = 0;

function row(file) {
  const item = document.createElement('li');
  const name = document.createElement('span');
  const state = document.createElement('span');
  const bar = document.createElement('progress');
  name.textContent = file.name;
  state.className = 'state';
  bar.max = 1;
  bar.value = 0;
  item.append(name, state, bar);
  list.prepend(item);
  return {
    say(text, kind) { state.textContent = text; state.className = 'state ' + (kind || ''); },
    progress(part) { bar.value = part; },
    hideBar() { bar.remove(); },
  };
}

async function watch(view, path) {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, 1000));
    try {
      if ((await fetch(path)).ok) return view.say('done', 'done');
    } catch { /* the service may be away for a moment */ }
  }
}

function send({ file, view }) {
  running++;
  const request = new XMLHttpRequest();
  request.open('POST', '/upload');
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.upload.onprogress = e => { if (e.lengthComputable) view.progress(e.loaded / e.total); };
  request.onerror = () => view.say('connection lost', 'failed');
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* told by the status */ }
    if (request.status === 201) {
      view.say('in the queue');
      watch(view, answer.result);
    } else {
      view.say(answer.title || 'refused: ' + request.status, 'failed');
    }
  };
  request.onloadend = () => { running--; view.hideBar(); next(); };
  view.say('uploading');
  request.send(file);
}

function next() { while (running < 4 && waiting.length) send(waiting.shift()); }

function add(files) {
  for (const file of files) {
    const view = row(file);
    view.say('waiting');
    waiting.push({ file, view });
  }
  next();
}

const drop = document.getElementById('drop');
const chooser = document.getElementById('files');
chooser.onchange = () => { add(chooser.files); chooser.value = ''; };
for (const type of ['dragenter', 'dragover']) {
  drop.addEventListener(type, e => { e.preventDefault(); drop.classList.add('over'); });
}
for (const type of ['dragleave', 'drop']) {
  drop.addEventListener(type, () => drop.classList.remove('over'));
}
drop.addEventListener('drop', e => { e.preventDefault(); add(e.dataTransfer.files); });
</script>
</html>
)HTML";
  return kPage;
}

}  // namespace ecokube::video
