using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;

namespace TransformerXL.Interchange.HuggingFace.Xlnet;

/// <summary>Converts Hugging Face's XLNet with its heads: sizes follow from the tensors, the rest from <c>config.json</c>, which must agree with them.</summary>
internal sealed class XlnetImporter : StoredEncoder
{
    /// <summary>Segments of the published pre-training (Yang et al. 2019, section 3.1). Relative positions have no limit.</summary>
    private const int SegmentLength = 512;

    private readonly StoredModel _stored;
    private readonly XlnetSettings _settings;

    private XlnetImporter(StoredModel stored, XlnetSettings settings)
        : base(stored) => (_stored, _settings) = (stored, settings);

    /// <inheritdoc cref="ModelImporter.Import"/>
    /// <param name="described">The configuration.</param>
    /// <param name="from">The folder, or the file of weights.</param>
    /// <param name="to">The folder to write.</param>
    /// <param name="files">The files of weights.</param>
    /// <param name="options">Values that the files do not contain.</param>
    /// <param name="progress">Reports after every tensor.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static ImportedModel Import(
        string described, string from, string to, IReadOnlyList<string> files, ImportOptions options, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        Require.That(
            options.Hints with { TargetLength = null, MemoryLength = null } == new ModelDescription(),
            $"values are given for the import, but '{described}' and the tensors determine all of XLNet but the lengths of its segments and of its memory; leave the others out");
        XlnetSettings settings = XlnetSettings.Read(described);
        using StoredModel stored = StoredModel.Open(from, files, huggingFace: false, XlnetNames.Canonical);
        XlnetImporter importer = new(stored, settings);
        HeadConfiguration? headed = XlnetHeads.Find(described, stored, settings);
        EncoderConfiguration found = importer.Infer();
        (Vocabulary Vocabulary, string File, int Padding) vocabulary = LoadVocabulary(from, options, found.VocabularySize);
        Require.That(
            vocabulary.Vocabulary.ClassIsLast, $"the vocabulary '{vocabulary.File}' is not one of XLNet: it does not put <sep> and <cls> after a text");
        ContextConfiguration context = new()
        {
            TargetLength = options.Hints.TargetLength ?? settings.SegmentLength ?? SegmentLength,
            MemoryLength = options.Hints.MemoryLength ?? settings.MemoryLength,
            ClampLength = settings.ClampLength,
        };
        Require.That(
            context.MemoryLength == 0 || settings.ReuseLength == 0 || settings.ReuseLength >= context.TargetLength,
            $"'{described}': 'reuse_len' is {settings.ReuseLength}, so that only so many states of a segment of {Counted.Of(context.TargetLength, "token")} enter the memory, which is not supported; import without a memory",
            [new("hints.memoryLength", "0")]);
        return importer.Convert(from, to, files, found, headed, context, vocabulary, progress, cancellationToken);
    }

    protected override void Read(Parameter parameter, int after, EncoderConfiguration model) => Read(XlnetNames.Of(parameter.Name), parameter.Value, after, model);

    protected override void ReadHead(Parameter parameter, bool isOfText, EncoderConfiguration model) => Read([XlnetNames.OfHead(parameter.Name, isOfText)], parameter.Value, 0, model);

    protected override string[] RequireAllUsed() => RequireAllUsed([XlnetNames.Decoder, XlnetNames.DecoderBias], [], []);

    /// <summary>The architecture of the stored tensors.</summary>
    private EncoderConfiguration Infer()
    {
        int[] words = _stored.Shape(XlnetNames.Words, 2), query = _stored.Shape(XlnetNames.Of("layers.0.attention.query.weight")[0], 3), inner = _stored.Shape(XlnetNames.Of("layers.0.pos_ff.CoreNet.0.weight")[0], 2);
        int layers = 0;
        while (_stored.Has(XlnetNames.Of($"layers.{layers}.attention.output.weight")[0]))
        {
            layers++;
        }

        bool predicts = _stored.Has(XlnetNames.DecoderBias);
        return XlnetSettings.Parts(new EncoderConfiguration
        {
            VocabularySize = Agree("tokens of the vocabulary", _settings.VocabularySize, words[0]),
            Layers = Agree("layers", _settings.Layers, layers),
            ModelSize = Agree("the hidden size", _settings.ModelSize, words[1]),
            EmbeddingSize = words[1],
            Heads = Agree("attention heads", _settings.Heads, query[1]),
            HeadSize = Agree("the head size", _settings.HeadSize, query[2]),
            InnerSize = Agree("the inner size", _settings.InnerSize, inner[0]),
            LayerNormEpsilon = (float)_settings.Epsilon,
            PredictsMaskedTokens = predicts,
            TieWeights = Ties(XlnetNames.Decoder, XlnetNames.Words, _settings.Ties, predicts),
            Dropout = (float)_settings.Dropout,
            AttentionDropout = (float)_settings.Dropout,
            InitialDeviation = (float)_settings.Deviation,
        });
    }

    /// <summary>Reads stacked tensors of equal sizes, or one with rows after those of the parameter.</summary>
    private void Read(string[] names, Tensor destination, int after, EncoderConfiguration model)
    {
        int rows = destination.Shape[0] / names.Length;
        for (int i = 0; i < names.Length; i++)
        {
            StoredTensor tensor = Take(names[i]);
            Tensor part = destination.Slice(i * rows, rows), stored = Tensor.Allocate(XlnetNames.ShapeOf(names[i], part.Shape.WithFirst(rows + after), model));
            ModelWeights.Read(tensor.File, tensor.Entry.Name, stored);
            if (XlnetNames.IsTransposed(names[i]))
            {
                XlnetNames.Transpose(stored.Span, rows, part.Span);
            }
            else
            {
                stored.Span[..part.Span.Length].CopyTo(part.Span);
            }

            GC.KeepAlive(stored);
        }
    }
}
