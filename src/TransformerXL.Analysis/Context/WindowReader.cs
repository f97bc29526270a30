using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Context;

/// <summary>Reads windows of a text side by side, each with an empty memory at its beginning, and measures the losses of the tokens at given places in them.</summary>
internal sealed class WindowReader
{
    /// <summary>Number of rows that are computed together for speed.</summary>
    private const int RowsAtOnce = 512;

    private const int MaxStreams = 32, MaxSegment = 256;

    private readonly TokenFile _text;
    private readonly InferenceSession _session;
    private readonly int[] _window, _ids, _targets;
    private readonly float[] _nll;

    /// <summary>Prepares a reader.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="text">The text.</param>
    /// <param name="training">The lengths of training.</param>
    /// <param name="longest">Tokens of the longest window.</param>
    public WindowReader(LanguageModel model, Backend backend, TokenFile text, ContextConfiguration training, int longest)
    {
        InferenceOptions options = OptionsFor(model.Configuration, training, longest);
        IsRecurrent = options.Recurrent;
        HasPrefixes = IsRecurrent && model.Configuration.Family.KeepsContext;
        MaxTokens = IsRecurrent ? int.MaxValue : training.TargetLength;
        Streams = options.Streams;
        _text = text;
        _session = InferenceSession.Create(model, backend, options);
        _window = new int[Math.Min(longest, MaxTokens) + 1];
        _ids = new int[options.MaxSegment * Streams];
        (_targets, _nll) = (new int[Streams], new float[Streams]);
    }

    /// <summary>The session of a reader, whose sizes tell how much memory it needs.</summary>
    /// <param name="model">The architecture.</param>
    /// <param name="training">The lengths of training.</param>
    /// <param name="longest">Tokens of the longest window.</param>
    public static InferenceOptions OptionsFor(ModelConfiguration model, ContextConfiguration training, int longest)
    {
        ScoringOptions scoring = ScoringOptions.ForTrained(training);
        bool isRecurrent = !model.Family.HasMemoryLength || scoring.Recurrent;
        longest = isRecurrent ? longest : Math.Min(longest, training.TargetLength);
        // Absolute positions are limited to those of a segment of training.
        int segment = Math.Min(longest, isRecurrent && model.Family.KeepsContext ? MaxSegment : training.TargetLength);
        return new InferenceOptions
        {
            MemoryLength = isRecurrent ? Math.Min(scoring.MemoryLength, longest) : training.TargetLength - 1,
            ClampLength = scoring.ClampLength,
            SegmentLength = scoring.SegmentLength,
            Recurrent = isRecurrent,
            Streams = Math.Clamp(RowsAtOnce / segment, 1, MaxStreams),
            MaxSegment = segment,
        };
    }

    /// <summary>The number of windows that are read side by side.</summary>
    public int Streams { get; }

    /// <summary>Whether context crosses the segments of training.</summary>
    public bool IsRecurrent { get; }

    /// <summary>Whether the beginning of a window gives what a shorter window gives: positions are relative, or there are none, and what a token sees does not depend on the end of the window.</summary>
    public bool HasPrefixes { get; }

    /// <summary>A model without recurrence reads no more than a segment of training.</summary>
    public int MaxTokens { get; }

    /// <summary>Reads windows.</summary>
    /// <param name="begins">The positions of their first tokens; at most <see cref="Streams"/>.</param>
    /// <param name="stops">The numbers of tokens after which the next token is predicted; ascending.</param>
    /// <param name="found">Called with the index of the stop and the losses in nats, one for each window. Those of tokens after the end of the text have no meaning.</param>
    public void Read(ReadOnlySpan<long> begins, ReadOnlySpan<int> stops, Action<int, ReadOnlyMemory<float>> found)
    {
        _session.Reset();
        int segment = _session.Options.MaxSegment, done = 0;
        for (int stop = 0; stop < stops.Length; stop++)
        {
            while (done < stops[stop])
            {
                // The last segment is whole, so that the predicted token follows a whole segment.
                int left = stops[stop] - done, count = left % segment == 0 ? segment : left % segment;
                Load(begins, done, count, _ids);
                _session.Advance(_ids.AsSpan(0, count * Streams), results: 1);
                done += count;
            }

            Load(begins, done, 1, _targets);
            _session.NegativeLogLikelihood(_targets, _nll);
            found(stop, _nll.AsMemory(0, begins.Length));
        }
    }

    /// <summary>Tokens of each window, time-major; zeros for unused windows and after the end of the text.</summary>
    private void Load(ReadOnlySpan<long> begins, int offset, int count, int[] ids)
    {
        ids.AsSpan(0, count * Streams).Clear();
        for (int stream = 0; stream < begins.Length; stream++)
        {
            long begin = begins[stream] + offset;
            int present = (int)Math.Clamp(_text.Count - begin, 0, count);
            _text.Read(Math.Min(begin, _text.Count - present), _window.AsSpan(0, present));
            for (int t = 0; t < present; t++)
            {
                ids[(t * Streams) + stream] = _window[t];
            }
        }
    }
}
