using TransformerXL.Models;

namespace TransformerXL.Cli.Bench;

/// <summary>The arithmetic of models that read both directions of a text, in floating-point operations: their heads predict only some of the tokens.</summary>
internal static class EncoderCost
{
    /// <summary>Operations of the hidden states of a segment.</summary>
    public static double Hidden(ModelConfiguration configuration, ContextConfiguration context, int streams) =>
        ModelCost.Forward(configuration, context.TargetLength, context.MemoryLength, streams) - (Prediction(configuration) * context.TargetLength * streams);

    /// <summary>Operations of a training step that predicts so many tokens.</summary>
    public static double Training(ModelConfiguration configuration, ContextConfiguration context, int streams, double predicted) =>
        3 * (Hidden(configuration, context, streams) + (Prediction(configuration) * predicted));

    /// <summary>Operations of a prediction: GELU(W h + b), and the product with the table of the tokens.</summary>
    private static double Prediction(ModelConfiguration configuration)
    {
        ModelConfiguration c = configuration.Resolve();
        return (2.0 * c.ModelSize * c.ModelSize) + (2.0 * c.VocabularySize * c.EmbeddingSize);
    }
}
