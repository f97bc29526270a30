namespace TransformerXL.Models;

/// <summary>
/// The arithmetic that a model needs, in floating-point operations (a multiplication with an addition counts two). What an
/// implementation computes twice or for nothing is not counted. Of a softmax with clusters only the head is: how often the tails
/// are needed depends on the text.
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
        double tokens = (double)rows * streams;
        double layers = c.Family.LayerOperations(c, rows, memoryRows, streams, cachedKeys);
        double embedding = c.EmbeddingSize == c.ModelSize ? 0 : 2 * 2.0 * c.ModelSize * c.EmbeddingSize * tokens;
        int columns = c.Cutoffs.Count == 0 ? c.VocabularySize : c.Cutoffs[0] + c.Cutoffs.Count;
        return layers + embedding + (2.0 * columns * c.EmbeddingSize * tokens);
    }

    /// <summary>Operations of a training step: the backward pass needs twice those of the forward pass.</summary>
    public static double Training(ModelConfiguration configuration, int rows, int memoryRows, int streams) =>
        3 * Forward(configuration, rows, memoryRows, streams);
}
