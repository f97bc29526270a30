using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;

namespace TransformerXL.Interchange.HuggingFace.Encoders;

/// <summary>Converts Hugging Face's encoders with their heads: sizes follow from the tensors, the rest from <c>config.json</c>, which must agree with them.</summary>
internal sealed class EncoderImporter : StoredEncoder
{
    /// <summary>Tensors that are no parameters, by the ends of their names: tables of numbers, and the head of sentence pairs.</summary>
    private static readonly string[] s_ignored = ["embeddings.position_ids", "embeddings.token_type_ids"], s_leftOut = ["cls.seq_relationship.weight", "cls.seq_relationship.bias"];

    private const int MaxPaddingId = 1 << 20;

    private readonly EncoderLayout _layout;
    private readonly StoredModel _stored;
    private readonly EncoderSettings _settings;
    private readonly int _offset;

    private EncoderImporter(EncoderLayout layout, StoredModel stored, EncoderSettings settings)
        : base(stored)
    {
        (_layout, _stored, _settings) = (layout, stored, settings);
        Require.That(
            !layout.HasOffset || settings.PaddingId < MaxPaddingId,
            $"'{stored.Path}': the id of the padding is {settings.PaddingId}, but may be at most {MaxPaddingId - 1}");
        _offset = layout.HasOffset ? settings.PaddingId + 1 : 0;
    }

    /// <inheritdoc cref="ModelImporter.Import"/>
    /// <param name="layout">The kind of encoder that the configuration describes.</param>
    /// <param name="described">The configuration.</param>
    /// <param name="from">The folder, or the file of weights.</param>
    /// <param name="to">The folder to write.</param>
    /// <param name="files">The files of weights.</param>
    /// <param name="options">Values that the files do not contain.</param>
    /// <param name="progress">Reports after every tensor.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static ImportedModel Import(
        EncoderLayout layout, string described, string from, string to, IReadOnlyList<string> files, ImportOptions options, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        Require.That(
            options.Hints with { TargetLength = null } == new ModelDescription(),
            $"values are given for the import, but '{described}' and the tensors determine all of an encoder but the length of its segments; leave the others out");
        EncoderSettings settings = EncoderSettings.Read(described);
        using StoredModel stored = StoredModel.Open(from, files, huggingFace: false, layout.Canonical);
        EncoderImporter importer = new(layout, stored, settings);
        HeadConfiguration? headed = EncoderHeads.Find(described, stored, layout, settings.Class);
        EncoderConfiguration found = importer.Infer(headed);
        (Vocabulary, string, int) vocabulary = LoadVocabulary(from, options, found.VocabularySize);
        int length = options.Hints.TargetLength ?? found.PositionRows;
        Require.That(length <= found.PositionRows, $"segments of {Counted.Of(length, "token")} are asked for, but the model has learned {found.PositionRows} positions", [new("hints.targetLength")]);
        ContextConfiguration context = new() { TargetLength = length, MemoryLength = 0 };
        return importer.Convert(from, to, files, found, headed, context, vocabulary, progress, cancellationToken);
    }

    protected override void Read(Parameter parameter, int after, EncoderConfiguration model) =>
        Read([.. _layout.NamesOf(parameter.Name).Select(Resolve)], parameter.Value, parameter.Name == "position_emb.weight" ? _offset : 0, after);

    protected override void ReadHead(Parameter parameter, bool isOfText, EncoderConfiguration model) => Read([_layout.NameOfHead(parameter.Name, isOfText)], parameter.Value, 0, 0);

    protected override string[] RequireAllUsed() => RequireAllUsed([_layout.Decoder + ".weight", _layout.Decoder + ".bias", _layout.Bias], s_ignored, s_leftOut);

    /// <summary>The architecture of the stored tensors.</summary>
    private EncoderConfiguration Infer(HeadConfiguration? head)
    {
        int[] words = Shape("word_emb.emb_layers.0.weight", 2), places = Shape("position_emb.weight", 2), inner = Shape("layers.0.pos_ff.CoreNet.0.weight", 2);
        (int size, int layers) = (words[1], 0);
        while (_stored.Has(_layout.NamesOf($"layers.{layers}.attention.output.weight")[0]))
        {
            layers++;
        }

        RequireSame(_layout.Bias, _layout.Decoder + ".bias");
        int heads = _settings.Heads ?? throw new InputException($"'{_stored.Path}': its configuration does not give the number of attention heads, which the tensors do not determine; add {EncoderSettings.HeadsMember(_layout)} to it");
        Require.That(heads > 0 && size % heads == 0, $"'{_stored.Path}': {heads} heads do not divide the hidden size {size}");
        int rows = Agree("positions", _settings.Positions, places[0]);
        Require.That(rows > _offset, $"'{_stored.Path}': the table of positions has {Counted.Of(rows, "row")}, but the first {_offset} are reserved for padding");
        bool hasTypes = _layout != EncoderLayout.DistilBert;
        bool takesPooler = head is { IsOfText: true, Pooling: HeadPooling.First } && _layout == EncoderLayout.Bert;
        bool predicts = _stored.Has(_layout.NamesOf("masked.transform.weight")[0]);
        return new EncoderConfiguration
        {
            VocabularySize = Agree("tokens of the vocabulary", _settings.VocabularySize, words[0]),
            Layers = Agree("layers", _settings.Layers, layers),
            ModelSize = Agree("the hidden size", _settings.ModelSize, size),
            EmbeddingSize = size,
            Heads = heads,
            HeadSize = size / heads,
            InnerSize = Agree("the inner size", _settings.InnerSize, inner[0]),
            PositionRows = rows - _offset,
            TokenTypes = hasTypes ? Agree("token types", _settings.TokenTypes, Shape("type_emb.weight", 2)[0]) : 0,
            LayerNormEpsilon = (float)_settings.Epsilon,
            PredictsMaskedTokens = predicts,
            Pooler = hasTypes && !takesPooler && _stored.Has(_layout.NamesOf(EncoderModel.PoolerName + ".weight")[0]),
            TieWeights = Ties(_layout.Decoder + ".weight", _layout.NamesOf("word_emb.emb_layers.0.weight")[0], _settings.Ties, predicts),
            Dropout = (float)_settings.Dropout,
            AttentionDropout = (float)_settings.AttentionDropout,
            InitialDeviation = (float)_settings.Deviation,
        };
    }

    /// <summary>The bias of masked tokens may be stored under the name of the linear map alone.</summary>
    private string Resolve(string name) => name == _layout.Bias && !_stored.Has(name) ? _layout.Decoder + ".bias" : name;

    /// <summary>Reads stacked tensors of equal sizes, or one with rows that the parameter does not have.</summary>
    private void Read(string[] names, Tensor destination, int before, int after)
    {
        int rows = destination.Shape[0] / names.Length;
        for (int i = 0; i < names.Length; i++)
        {
            StoredTensor tensor = Take(names[i]);
            Tensor part = destination.Slice(i * rows, rows);
            if (before + after == 0)
            {
                ModelWeights.Read(tensor.File, tensor.Entry.Name, part);
                continue;
            }

            Tensor whole = Tensor.Allocate(part.Shape.WithFirst(rows + before + after));
            ModelWeights.Read(tensor.File, tensor.Entry.Name, whole);
            whole.Slice(before, rows).CopyTo(part);
        }
    }

    private int[] Shape(string own, int axes) => _stored.Shape(_layout.NamesOf(own)[0], axes);
}
