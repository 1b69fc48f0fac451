// Sound as a 16-bit WAV: what the microphone hears, and files that the browser alone can read.

export class NoMicrophone extends Error {}

function sentence(error) {
  if (error.name === "NotAllowedError") return "The browser did not allow the microphone. Allow it for this page, or choose a file.";
  if (error.name === "NotFoundError") return "No microphone was found. Connect one, or choose a file.";
  if (error.name === "NotReadableError") return "The microphone is in use by another program. Close that, or choose a file.";
  return `The microphone can't be used (${error.message}). Choose a file.`;
}

export class Recorder {
  // onLevel gets the loudest sample of each piece and the seconds recorded so far.
  constructor(onLevel) {
    this.onLevel = onLevel;
    this.pieces = [];
    this.length = 0;
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) {
      throw new NoMicrophone("Browsers allow the microphone only on this machine's own address or over https. Choose a file.");
    }
    try {
      // What makes calls clearer would take away what emotions are heard by.
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio });
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule("page/recorder-worklet.js");
    } catch (error) {
      this.release();
      throw new NoMicrophone(sentence(error));
    }
    const capture = new AudioWorkletNode(this.context, "capture");
    capture.port.onmessage = (message) => this.keep(message.data);
    this.context.createMediaStreamSource(this.stream).connect(capture);
    await this.context.resume();
  }

  keep(piece) {
    this.pieces.push(piece);
    this.length += piece.length;
    this.onLevel(piece.reduce((most, value) => Math.max(most, Math.abs(value)), 0), this.length / this.context.sampleRate);
  }

  stop() {
    const rate = this.context.sampleRate;
    this.release();
    return wavFile(this.pieces, this.length, rate, "recording.wav");
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
  }
}

// Return a file as WAV, such as a phone's M4A, which browsers read and the server does not; null if
// the browser can't read it either.
export async function convert(file) {
  const rate = 48000;
  try {
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await file.arrayBuffer());
    const channels = Array.from({ length: sound.numberOfChannels }, (_, place) => sound.getChannelData(place));
    const mono = channels[0].map((_, place) => channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length);
    return wavFile([mono], mono.length, rate, file.name);
  } catch {
    return null;
  }
}

function wavFile(pieces, length, rate, name) {
  return new File([wav(pieces, length, rate)], name, { type: "audio/wav" });
}

function wav(pieces, length, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * length));
  const text = (place, letters) => [...letters].forEach((letter, n) => view.setUint8(place + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of what follows
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * length, true);
  let place = 44;
  for (const piece of pieces) {
    for (const value of piece) {
      view.setInt16(place, Math.round(Math.max(-1, Math.min(1, value)) * 32767), true);
      place += 2;
    }
  }
  return view.buffer;
}
