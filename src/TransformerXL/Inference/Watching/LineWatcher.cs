using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference.Watching;

/// <summary>
/// Reads an endless stream of lines, such as a log, and reports those that the model did not expect: lines that cost more bits per character than a quantile of the
/// lines before them. The model learns nothing. Time for a line and memory never grow, however much is read.
/// </summary>
/// <remarks>
/// Lines are turned into tokens one by one, so that each has its score as soon as it is complete. Bytes that are not UTF-8 are read as U+FFFD where the vocabulary
/// needs UTF-8; names of special tokens are read as plain text. One enumeration at a time may use a backend.
/// </remarks>
public sealed class LineWatcher
{
    private const int ReadBytes = 1 << 14;

    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly Backend _backend;
    private readonly WatchOptions _options;
    private readonly Func<int, bool>? _follow;

    /// <summary>Creates a watcher.</summary>
    /// <exception cref="InputException">An option is not valid, or the vocabulary is not of the model's size.</exception>
    public LineWatcher(LanguageModel model, Vocabulary vocabulary, Backend backend, WatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        StartToken.CheckSizes(vocabulary, model);
        (_model, _vocabulary, _backend, _options) = (model, vocabulary.ReadingSpecialTokensAsText(), backend, options);
    }

    /// <summary>Creates a watcher with a model whose weights follow the lines.</summary>
    /// <param name="model">The model.</param>
    /// <param name="vocabulary">Its vocabulary.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">When a line stands out.</param>
    /// <param name="follow">Is given each token after it was scored; whether the weights of the model have changed.</param>
    internal LineWatcher(LanguageModel model, Vocabulary vocabulary, Backend backend, WatchOptions options, Func<int, bool> follow)
        : this(model, vocabulary, backend, options) => _follow = follow;

    /// <summary>Scores every line as it comes.</summary>
    /// <param name="utf8">The lines; the end of the stream ends the last one. It is not closed.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>A score for each line, in order, <see cref="LineScore.StandsOut"/> where it was not expected. Empty lines are read and not given.</returns>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    public async IAsyncEnumerable<LineScore> WatchAsync(Stream utf8, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Judge judge = new(this);
        LineBuffer lines = new(_options.MaxLineBytes);
        byte[] bytes = new byte[ReadBytes];
        while (true)
        {
            int count = await utf8.ReadAsync(bytes, cancellationToken).ConfigureAwait(false);
            lines.Append(bytes.AsSpan(0, count), isEnd: count == 0);
            while (lines.TryTake())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (judge.Add(lines) is { } score)
                {
                    yield return score;
                }
            }

            if (count == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>Scores lines by one session.</summary>
    private sealed class Judge
    {
        private readonly LineWatcher _watcher;
        private readonly QuantileSketch _sketch = new();
        private readonly ArrayBufferWriter<int> _tokens = new();
        private readonly int[] _inputs;
        private readonly float[] _nll;
        private readonly InferenceSession _session;
        private int _previous;

        public Judge(LineWatcher watcher)
        {
            _watcher = watcher;
            InferenceOptions options = watcher._options.Scoring.Session();
            _session = InferenceSession.Create(watcher._model, watcher._backend, options);
            (_inputs, _nll) = (new int[options.MaxSegment], new float[options.MaxSegment]);
            _previous = StartToken.Of(watcher._vocabulary, watcher._model);
        }

        public LineScore? Add(LineBuffer line)
        {
            byte[]? repaired = _watcher._vocabulary.AcceptsAnyBytes || Utf8.IsValid(line.Taken) ? null : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line.Taken));
            ReadOnlySpan<byte> utf8 = repaired ?? line.Taken;
            if (line is { Number: 1, Part: 0 } && !_watcher._vocabulary.AcceptsAnyBytes && utf8.StartsWith(ByteOrderMark.Utf8))
            {
                utf8 = utf8[ByteOrderMark.Utf8.Length..];
            }

            double bits = Read(utf8) / Math.Log(2);
            string text = Encoding.UTF8.GetString(utf8).TrimEnd('\r', '\n');
            if (text.Length == 0)
            {
                return null;
            }

            int characters = CountCharacters(utf8);
            LineScore score = new() { Line = line.Number, Part = line.Part, Text = text, Characters = characters, Bits = bits };
            if (characters < _watcher._options.MinCharacters)
            {
                return score;
            }

            double? threshold = _sketch.Count >= _watcher._options.WarmUp ? _sketch.Quantile(_watcher._options.Quantile) : null;
            _sketch.Add(score.BitsPerCharacter);
            return score with { Threshold = threshold };
        }

        /// <summary>The negative log-likelihood of a line in nats.</summary>
        private double Read(ReadOnlySpan<byte> utf8)
        {
            _tokens.ResetWrittenCount();
            TokenEncoder encoder = _watcher._vocabulary.CreateEncoder();
            encoder.Append(utf8, _tokens);
            encoder.Complete(_tokens);
            double sum = 0;
            ReadOnlySpan<int> rest = _tokens.WrittenSpan;
            while (!rest.IsEmpty)
            {
                ReadOnlySpan<int> targets = rest[..Math.Min(rest.Length, _inputs.Length)];
                Span<float> nll = _nll.AsSpan(0, targets.Length);
                _inputs[0] = _previous;
                targets[..^1].CopyTo(_inputs.AsSpan(1));
                _session.Advance(_inputs.AsSpan(0, targets.Length));
                _session.NegativeLogLikelihood(targets, nll);
                foreach (float value in nll)
                {
                    sum += value;
                }

                _previous = targets[^1];
                rest = rest[targets.Length..];
                Follow(targets);
            }

            return sum;
        }

        /// <summary>Goes on with the weights as they are after the tokens. What is remembered stays as the earlier weights computed it.</summary>
        private void Follow(ReadOnlySpan<int> tokens)
        {
            bool changed = false;
            foreach (int token in tokens)
            {
                changed |= _watcher._follow?.Invoke(token) == true;
            }

            if (changed)
            {
                _session.ChangeWeights(_watcher._model);
            }
        }

        private static int CountCharacters(ReadOnlySpan<byte> utf8)
        {
            int count = 0;
            foreach (byte value in utf8)
            {
                count += (value & 0xC0) != 0x80 ? 1 : 0;
            }

            return Math.Max(1, count);
        }
    }
}
