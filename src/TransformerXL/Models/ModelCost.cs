namespace TransformerXL.Models;

/// <summary>
/// The arithmetic that a model needs, in floating-point operations (a multiplication with an addition counts two). What an
/// implementation computes twice or for nothing is not counted.
/// </summary>
public static class ModelCost
{
    /// <summary>Operations of the forward pass for a segment of all streams.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="rows">L: rows of the segment.</param>
    /// <param name="memoryRows">M: rows remembered.</param>
    /// <param name="streams">B.</param>
    /// <param name="cachedKeys">Whether keys and values of the memory and the relative rows are at hand, as in inference.</param>
    public static double Forward(ModelConfiguration configuration, int rows, int memoryRows, int streams, bool cachedKeys = false)
    {
        ModelConfiguration c = configuration.Resolve();
        double d = c.ModelSize, heads = (double)c.Heads * c.HeadSize, tokens = (double)rows * streams;
        double keys = cachedKeys ? tokens : (double)(rows + memoryRows) * streams;
        double visible = memoryRows + ((rows + 1) / 2.0);
        double projections = (2 * d * heads * ((2 * tokens) + (2 * keys))) + (cachedKeys ? 0 : 2 * d * heads * (rows + memoryRows));
        double attention = 3 * 2 * heads * visible * tokens;
        double feedForward = 2 * 2 * d * c.InnerSize * tokens;
        double embedding = c.EmbeddingSize == c.ModelSize ? 0 : 2 * 2 * d * c.EmbeddingSize * tokens;
        return (c.Layers * (projections + attention + feedForward)) + embedding + (2.0 * c.VocabularySize * c.EmbeddingSize * tokens);
    }

    /// <summary>Operations of a training step: the backward pass needs twice those of the forward pass.</summary>
    public static double Training(ModelConfiguration configuration, int rows, int memoryRows, int streams) =>
        3 * Forward(configuration, rows, memoryRows, streams);
}
