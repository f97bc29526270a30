using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Cli.Options;

/// <summary>The architecture of a new model.</summary>
internal static class ModelRunOptions
{
    private static readonly TransformerXLConfiguration Standard = new() { VocabularySize = 1 };

    public static IEnumerable<RunOption> All()
    {
        MemberOptions model = new("model");
        yield return model.Choice("--model", "Family", [.. ModelFamily.All.Select(family => (family.Name, family.Kind))], "kind");
        yield return model.Whole<int>("--layers", "Number of layers.", 1, 1000, Standard.Layers, "layers");
        yield return model.Whole<int>("--model-size", "Hidden size in floats, an even number.", 2, 65536, Standard.ModelSize, "modelSize");
        yield return model.Whole<int>("--heads", "Number of attention heads.", 1, 1024, Standard.Heads, "heads");
        yield return model.Whole<int>("--head-size", "Size of each head in floats. [default: --model-size / --heads]", 1, 4096, null, "headSize");
        yield return model.Whole<int>("--inner-size", "Inner size of the feed-forward block in floats. [default: 4 x --model-size; gated 8/3]", 1, 1 << 20, null, "innerSize");
        yield return model.Whole<int>("--embedding-size", "Size of the token embedding in floats. [default: --model-size]", 1, 65536, null, "embeddingSize");
        yield return model.Flag("--pre-norm", "Apply LayerNorm before each block instead of after it.", "preNorm");
        yield return model.Flag("--final-norm", "Apply LayerNorm after the last layer; with --pre-norm.", "finalNorm");
        yield return model.Choice(
            "--position-type", "Positions of an encoder",
            [("learned", nameof(EncoderPositions.Learned)), ("sinusoidal", nameof(EncoderPositions.Sinusoidal)), ("relative", nameof(EncoderPositions.Relative))], "positions");
        yield return model.Whole<int>("--token-types", "Embeddings of token types of an encoder, for pairs of texts; 0 for none.", 0, EncoderConfiguration.MaxTokenTypes, 2, "tokenTypes");
        yield return model.Real<float>("--norm-epsilon", "What LayerNorm of an encoder adds to the variance: 1e-12 in BERT.", "above 0 and at most 1", value => value is > 0 and <= 1, new EncoderConfiguration { VocabularySize = 1 }.LayerNormEpsilon, "layerNormEpsilon");
        yield return model.Flag("--relative-segments", "Let attention of an encoder tell the texts of a pair apart; with relative positions.", "relativeSegments");
        yield return model.Whole<int>("--projection-size", "Size of the projected hidden states of an LSTM; 0 for no projection.", 0, 65535, 0, "projectionSize");
        yield return model.Flag("--restart-positions", "Count positions of an encoder anew after a separator. [default: with --translation]", "restartsPositions");
        yield return model.Flag("--untie-biases", "Use separate biases u and v for each layer.", "untieBiases");
        yield return model.Choice(
            "--activation", "Activation of the feed-forward block",
            [("relu", nameof(FeedForwardActivation.Relu)), ("gelu", nameof(FeedForwardActivation.Gelu)), ("swiglu", nameof(FeedForwardActivation.SwiGlu)), ("geglu", nameof(FeedForwardActivation.GeGlu))], "activation");
        yield return model.Flag("--bidirectional", "Read in both directions: an encoder for tasks; with lstm, gru and rnn.", "bidirectional");
        yield return model.Choice(
            "--nonlinearity", "Activation of rnn",
            [("tanh", nameof(RnnNonlinearity.Tanh)), ("relu", nameof(RnnNonlinearity.Relu))], "nonlinearity");
        yield return Cutoffs();
        yield return model.Whole<int>("--div-val", "Divisor of the embedding size for each further cluster of --cutoffs.", 1, 16, Standard.EmbeddingDivisor, "embeddingDivisor");
        yield return model.Choice(
            "--tie-projections", "Projections that softmax and embedding share",
            [("none", nameof(ProjectionTying.None)), ("all-but-first", nameof(ProjectionTying.AllButFirst)), ("all", nameof(ProjectionTying.All))], "tieProjections");
        yield return model.Flag("--untied", "Do not share weights between softmax and embedding.", "tieWeights", negated: true);
        yield return model.Share<float>("--dropout", "Dropout probability, from 0 to below 1.", Standard.Dropout, "dropout");
        yield return model.Share<float>("--attention-dropout", "Dropout probability of attention weights, from 0 to below 1.", Standard.AttentionDropout, "attentionDropout");
    }

    private static RunOption<string?> Cutoffs()
    {
        Option<string?> option = NewOption.Text("--cutoffs", "N,N,...", "Token ids at which clusters of an adaptive softmax begin. [default: none]");
        option.Validators.Add(result =>
        {
            if (!TryParse(result.GetValue(option), out _))
            {
                result.AddError($"--cutoffs is '{result.GetValue(option)}', but must be rising token ids with commas between them, such as 20000,40000");
            }
        });
        return new RunOption<string?>(option, "model.cutoffs", value => new JsonArray([.. Parsed(value).Select(cutoff => (JsonNode)cutoff)]));
    }

    private static int[] Parsed(string? text) => TryParse(text, out int[] cutoffs) ? cutoffs : [];

    internal static bool TryParse(string? text, out int[] cutoffs)
    {
        string[] parts = (text ?? "").Split(',', StringSplitOptions.TrimEntries);
        cutoffs = new int[parts.Length == 1 && parts[0].Length == 0 ? 0 : parts.Length];
        for (int i = 0; i < cutoffs.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out cutoffs[i]) || cutoffs[i] <= (i == 0 ? 0 : cutoffs[i - 1]))
            {
                return false;
            }
        }

        return true;
    }
}
