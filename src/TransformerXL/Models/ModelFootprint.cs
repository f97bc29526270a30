namespace TransformerXL.Models;

/// <summary>How large a model is, told from its configuration alone.</summary>
public static class ModelFootprint
{
    /// <summary>Trained values: exactly those of <see cref="LanguageModel.Parameters"/>.</summary>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public static long Parameters(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        ModelConfiguration c = configuration.Resolve();
        long layers = c.Kind == ModelKind.Lstm ? Recurrent(c) : (c.Layers * Layer(c)) + Shared(c);
        return layers + Embedding(c) + Softmax(c);
    }

    private static long Layer(ModelConfiguration c)
    {
        long d = c.ModelSize, width = (long)c.Heads * c.HeadSize, projections = c.Kind == ModelKind.TransformerXL ? 5 : 4;
        long attention = (projections * width * d) + (2 * d) + (c.UntieBiases ? 2 * width : 0);
        return attention + (2 * d * c.InnerSize) + c.InnerSize + d + (2 * d);
    }

    /// <summary>Biases and tables of positions beside the layers, and the last LayerNorm.</summary>
    private static long Shared(ModelConfiguration c)
    {
        long width = (long)c.Heads * c.HeadSize, rows = (long)c.Layers * c.PositionRows;
        long positions = c.Kind switch
        {
            ModelKind.TransformerXL => c.UntieBiases ? 0 : 2 * width,
            ModelKind.Shaw => (rows * width) + (c.Layers * width) + (rows * c.Heads),
            ModelKind.AlRfou => rows * width,
            _ => 0,
        };
        return positions + (c.FinalNorm ? 2 * c.ModelSize : 0);
    }

    private static long Recurrent(ModelConfiguration c)
    {
        long d = c.ModelSize;
        return (4 * d * (c.EmbeddingSize + d)) + ((c.Layers - 1L) * 8 * d * d) + (c.Layers * 8 * d);
    }

    private static long Embedding(ModelConfiguration c)
    {
        long size = c.Kind == ModelKind.Lstm ? c.EmbeddingSize : c.ModelSize;
        return Rows(c, c.EmbeddingSize) + (c.EmbeddingDivisor == 1
            ? c.EmbeddingSize == size ? 0 : size * c.EmbeddingSize
            : Widths(c, c.EmbeddingSize).Sum(width => size * width));
    }

    private static long Softmax(ModelConfiguration c)
    {
        int width = c.Kind == ModelKind.Lstm && !c.TieWeights ? c.ModelSize : c.EmbeddingSize;
        long head = c.Cutoffs.Count * (width + 1L), weights = c.TieWeights ? 0 : Rows(c, width);
        bool none = c.EmbeddingDivisor == 1 && width == c.ModelSize;
        IEnumerable<long> own = none ? [] : Widths(c, width).Where((_, cluster) =>
            c.TieProjections == ProjectionTying.None || (c.TieProjections == ProjectionTying.AllButFirst && cluster == 0));
        return head + weights + c.VocabularySize + own.Sum(size => c.ModelSize * size);
    }

    /// <summary>Values of a table with a row for each token, rows of rarer clusters narrower.</summary>
    private static long Rows(ModelConfiguration c, int width)
    {
        Clusters clusters = new(c);
        return Enumerable.Range(0, clusters.Count).Sum(cluster => (long)clusters.Size(cluster) * clusters.Width(width, cluster));
    }

    private static IEnumerable<long> Widths(ModelConfiguration c, int width)
    {
        Clusters clusters = new(c);
        return Enumerable.Range(0, clusters.Count).Select(cluster => (long)clusters.Width(width, cluster));
    }
}
