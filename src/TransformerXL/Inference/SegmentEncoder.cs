using TransformerXL.Heads;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>Reads a text with a model that reads in both directions: segment by segment, each between its special tokens, with the memory that the options say.</summary>
internal sealed class SegmentEncoder
{
    private readonly LanguageModel _model;
    private readonly Backend _backend;
    private readonly ContextConfiguration _context;
    private readonly PreparedWeights _weights;
    private readonly TextTemplate _template;
    private DocumentReader? _reader;

    /// <param name="model">The model.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">Lengths of segment and memory, and the precision.</param>
    /// <param name="weights">The weights in that precision.</param>
    /// <exception cref="InputException">A segment has no room for text, or the precision is int8.</exception>
    public SegmentEncoder(LanguageModel model, Vocabulary vocabulary, Backend backend, InferenceOptions options, PreparedWeights weights)
    {
        Require.That(
            options.Precision != Precision.Int8, "int8 is for models that predict the next token, but this one reads a text in both directions; it can be read in float32 or bf16", "precision");
        (_model, _backend, _weights, _template) = (model, backend, weights, new TextTemplate(vocabulary));
        int max = options.SegmentLength > 0 ? options.SegmentLength : options.MaxSegment;
        Room = _template.RoomIn(max);
        _context = new ContextConfiguration { TargetLength = max, MemoryLength = options.Recurrent ? options.MemoryLength : 0, ClampLength = options.ClampLength };
    }

    /// <summary>Tokens of text in a segment.</summary>
    public int Room { get; }

    /// <summary>Whether a segment is read as if nothing came before it, so that several texts can be read in turn.</summary>
    public bool ForgetsSegments => _context.MemoryLength == 0 && _model is EncoderModel;

    /// <summary>Whether a text without tokens can be read: its special tokens alone.</summary>
    public bool ReadsNothing => _template.Count > 0;

    /// <summary>Reads the next segment and pools its hidden states, those of special tokens too.</summary>
    /// <param name="tokens">At most <see cref="Room"/> tokens.</param>
    /// <param name="pooling">Takes the states.</param>
    public void Read(ReadOnlySpan<int> tokens, HiddenPooling pooling)
    {
        using BackendUse use = _backend.Enter();
        _reader ??= new DocumentReader(_model, _backend, _context, 1, _weights);
        if (ForgetsSegments)
        {
            _reader.Clear();
        }
        else
        {
            // The separator after each segment ends no first text of a pair.
            _reader.EndPair();
        }

        int[] ids = _template.Around(tokens);
        pooling.Add(_reader.Read(ids, [ids.Length]).Value.Span, ids.Length);
        GC.KeepAlive(_reader);
    }
}
