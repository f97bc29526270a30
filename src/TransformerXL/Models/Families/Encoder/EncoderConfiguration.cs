using System.Text.Json.Serialization;
using TransformerXL.Models.Families;
using TransformerXL.Text;

namespace TransformerXL.Models;

/// <summary>
/// A Transformer encoder, in which every token sees all tokens of its segment and those remembered of earlier ones: BERT (Devlin et al. 2019) and its
/// relatives. Its softmax predicts masked tokens. Feed-forward blocks use GELU unless told otherwise.
/// </summary>
public sealed record EncoderConfiguration : AttentionConfiguration
{
    /// <summary>The most types of tokens.</summary>
    public const int MaxTokenTypes = 16;

    /// <summary>Creates a configuration of defaults.</summary>
    public EncoderConfiguration() => Activation = FeedForwardActivation.Gelu;

    /// <summary>How positions are known.</summary>
    public EncoderPositions Positions { get; init; }

    /// <summary>Rows of learned positions, the most tokens of a segment; 0 for the target length of the training.</summary>
    public int PositionRows { get; init; }

    /// <summary>Embeddings of token types: 0 for the first text of a pair, 1 for the second, and so on; 0 for no such embeddings.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>The token after which the next text of a pair begins; -1 where all tokens have type 0. Follows from the vocabulary.</summary>
    public int SeparatorId { get; init; } = -1;

    /// <summary>What LayerNorm adds to the variance: 1e-12 in BERT, 1e-5 in RoBERTa.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-5f;

    /// <summary>Whether the model has a head that predicts masked tokens. An encoder for vectors of texts may lack it.</summary>
    public bool PredictsMaskedTokens { get; init; } = true;

    /// <summary>Whether the model has a pooler, tanh(W h + b) of the first token's state, from its pre-training. The head of a task on texts begins with its weights.</summary>
    public bool Pooler { get; init; }

    /// <summary>Whether positions begin again after a separator (Conneau and Lample 2019), so that both texts of a pair have the same ones. Not for relative positions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RestartsPositions { get; init; }

    /// <summary>
    /// Whether the model has a query stream (Yang et al. 2019): it then learns to predict tokens in random orders instead of masked ones, from a learned vector in the place of the token.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TwoStreams { get; init; }

    /// <summary>
    /// Whether attention has a learned score for keys of another text of a pair than the query's (relative segment encoding: Yang et al. 2019, section 2.5). For relative positions. All tokens of the memory
    /// count as tokens of the first text.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RelativeSegments { get; init; }

    /// <summary>Whether embeddings enter the first layer without LayerNorm, as in XLNet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OmitsEmbeddingNorm { get; init; }

    /// <summary>Whether the projections of attention have no biases, as in XLNet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OmitsAttentionBiases { get; init; }

    /// <summary>Whether the softmax reads hidden states as they are, without a linear map, GELU and LayerNorm, as in XLNet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OmitsPredictionTransform { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsCausal => false;

    internal override float NormEpsilon => LayerNormEpsilon;

    private protected override ModelFamily Descriptor => EncoderFamily.Instance;

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Known("positions", Positions);
        base.Validate();
        Require.Between("position rows", PositionRows, 0, 1 << 20);
        Require.Between("token types", TokenTypes, 0, MaxTokenTypes);
        Require.That(LayerNormEpsilon is > 0 and <= 1, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the epsilon of LayerNorm is {LayerNormEpsilon}, but must be above 0 and at most 1"), nameof(LayerNormEpsilon));
        Require.Between("separator", SeparatorId, -1, VocabularySize - 1L, nameof(SeparatorId));
        Require.That(
            !RestartsPositions || Positions != EncoderPositions.Relative,
            $"positions are {Positions}, which are distances, and cannot begin again after a separator; they must be Learned or Sinusoidal", nameof(RestartsPositions));
        Require.That(
            !RelativeSegments || Positions == EncoderPositions.Relative,
            $"positions are {Positions}, but relative segments are for Relative positions", nameof(RelativeSegments));
        Require.That(
            Positions == EncoderPositions.Learned || ModelSize % 2 == 0,
            $"model size {ModelSize} is odd; half of a position's sinusoids are sines and half cosines", nameof(ModelSize));
    }

    internal override EncoderConfiguration ForVocabulary(Vocabulary vocabulary) => this with { SeparatorId = vocabulary.SeparatorId ?? -1 };

    private protected override EncoderConfiguration ForLengths(ContextConfiguration context) =>
        this with { PositionRows = Positions == EncoderPositions.Learned ? Math.Max(PositionRows, context.TargetLength) : 0 };
}
