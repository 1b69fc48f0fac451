"use strict";

// Runs in the audio thread: hands on what the microphone hears, the channels averaged.
registerProcessor("capture", class extends AudioWorkletProcessor {
  process([channels]) {
    if (channels.length) {
      const mono = channels[0].slice();
      for (const other of channels.slice(1)) other.forEach((value, place) => { mono[place] += value; });
      if (channels.length > 1) mono.forEach((value, place) => { mono[place] = value / channels.length; });
      this.port.postMessage(mono, [mono.buffer]);
    }
    return true;
  }
});
