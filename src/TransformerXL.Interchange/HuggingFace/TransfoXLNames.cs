namespace TransformerXL.Interchange.HuggingFace;

/// <summary>
/// Names of parameters in Hugging Face's TransfoXL and in the reference implementation.
/// <list type="bullet">
/// <item>Hugging Face puts <c>transformer.</c> before all but the softmax, whose names begin with <c>crit.</c> in both.</item>
/// <item>The biases u and v are <c>r_w_bias</c> and <c>r_r_bias</c>, shape (H, d_h), in both. With <c>untie_r</c> each
/// layer has its own, <c>layers.N.dec_attn.r_w_bias</c>. Without it, they are stored once before the layers; Hugging Face
/// repeats the two under every layer, and <see cref="ToReference"/> gives these copies layer names as well.</item>
/// <item><c>crit.cluster_weight</c> and <c>crit.cluster_bias</c> have their rows in the opposite order, see
/// <see cref="TransfoXLParameter.ReversedRows"/>. No other shape or order differs.</item>
/// <item><c>pos_emb.inv_freq</c> is a table, not a parameter; it can be renamed, but is not listed.</item>
/// </list>
/// Sources: Dai et al. 2019 and its PyTorch code; the TransfoXL model of the transformers library.
/// </summary>
internal static class TransfoXLNames
{
    private const string Prefix = "transformer.";
    private const string Softmax = "crit.";
    private const string Embedding = "word_emb.emb_";
    private const string Output = Softmax + "out_";

    /// <summary>Hugging Face's name for a name of the reference.</summary>
    public static string ToHuggingFace(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return reference.StartsWith(Softmax, StringComparison.Ordinal) ? reference : Prefix + reference;
    }

    /// <summary>The reference's name for a name of Hugging Face; models without a head were saved without the prefix.</summary>
    public static string ToReference(string huggingFace)
    {
        ArgumentNullException.ThrowIfNull(huggingFace);
        return huggingFace.StartsWith(Prefix, StringComparison.Ordinal) ? huggingFace[Prefix.Length..] : huggingFace;
    }

    /// <summary>All parameters of a model, in the order of the reference; tied ones appear under every name.</summary>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public static IReadOnlyList<TransfoXLParameter> Parameters(TransfoXLConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        List<TransfoXLParameter> all = [];
        if (!configuration.UntieBiases)
        {
            AddBiases(all, configuration, "");
        }

        AddEmbeddings(all, configuration);
        for (int layer = 0; layer < configuration.Layers; layer++)
        {
            AddLayer(all, configuration, $"layers.{layer}.");
        }

        AddSoftmax(all, configuration);
        return all;
    }

    private static void AddEmbeddings(List<TransfoXLParameter> all, TransfoXLConfiguration of)
    {
        int tables = Tables(of);
        for (int cluster = 0; cluster < tables; cluster++)
        {
            Add(all, $"{Embedding}layers.{cluster}.weight", [Rows(of, cluster), of.ClusterSize(cluster)]);
        }

        for (int cluster = 0; HasProjections(of) && cluster < tables; cluster++)
        {
            Add(all, $"{Embedding}projs.{cluster}", [of.ModelSize, of.ClusterSize(cluster)]);
        }
    }

    private static void AddLayer(List<TransfoXLParameter> all, TransfoXLConfiguration of, string layer)
    {
        int heads = of.Heads * of.HeadSize;
        string attention = layer + "dec_attn.";
        string feedForward = layer + "pos_ff.";
        if (of.UntieBiases)
        {
            AddBiases(all, of, attention);
        }

        Add(all, attention + "qkv_net.weight", [3L * heads, of.ModelSize]);
        Add(all, attention + "o_net.weight", [of.ModelSize, heads]);
        Add(all, attention + "layer_norm.weight", [of.ModelSize]);
        Add(all, attention + "layer_norm.bias", [of.ModelSize]);
        Add(all, attention + "r_net.weight", [heads, of.ModelSize]);
        Add(all, feedForward + "CoreNet.0.weight", [of.InnerSize, of.ModelSize]);
        Add(all, feedForward + "CoreNet.0.bias", [of.InnerSize]);
        Add(all, feedForward + "CoreNet.3.weight", [of.ModelSize, of.InnerSize]);
        Add(all, feedForward + "CoreNet.3.bias", [of.ModelSize]);
        Add(all, feedForward + "layer_norm.weight", [of.ModelSize]);
        Add(all, feedForward + "layer_norm.bias", [of.ModelSize]);
    }

    private static void AddBiases(List<TransfoXLParameter> all, TransfoXLConfiguration of, string before)
    {
        Add(all, before + "r_w_bias", [of.Heads, of.HeadSize]);
        Add(all, before + "r_r_bias", [of.Heads, of.HeadSize]);
    }

    private static void AddSoftmax(List<TransfoXLParameter> all, TransfoXLConfiguration of)
    {
        if (of.Cutoffs.Count > 0)
        {
            Add(all, Softmax + "cluster_weight", [of.Cutoffs.Count, of.EmbeddingSize], reversed: true);
            Add(all, Softmax + "cluster_bias", [of.Cutoffs.Count], reversed: true);
        }

        int tables = Tables(of);
        for (int cluster = 0; cluster < tables; cluster++)
        {
            Add(all, $"{Output}layers.{cluster}.weight", [Rows(of, cluster), of.ClusterSize(cluster)], tiedTo: of.TieWeights ? $"{Embedding}layers.{cluster}.weight" : null);
            Add(all, $"{Output}layers.{cluster}.bias", [Rows(of, cluster)]);
        }

        // The softmax has a projection for each cluster even if there is only one table.
        for (int cluster = 0; HasProjections(of) && cluster <= of.Cutoffs.Count; cluster++)
        {
            int table = of.DivisionValue == 1 ? 0 : cluster;
            bool tied = of.ShareProjectionsButFirst && cluster > 0;
            Add(all, $"{Output}projs.{cluster}", [of.ModelSize, of.DivisionValue == 1 ? of.EmbeddingSize : of.ClusterSize(cluster)], tiedTo: tied ? $"{Embedding}projs.{table}" : null);
        }
    }

    private static bool HasProjections(TransfoXLConfiguration of) => of.DivisionValue > 1 || of.EmbeddingSize != of.ModelSize;

    private static int Tables(TransfoXLConfiguration of) => of.DivisionValue == 1 ? 1 : of.Cutoffs.Count + 1;

    private static int Rows(TransfoXLConfiguration of, int cluster)
    {
        if (of.DivisionValue == 1)
        {
            return of.VocabularySize;
        }

        int end = cluster < of.Cutoffs.Count ? of.Cutoffs[cluster] : of.VocabularySize;
        return cluster == 0 ? end : end - of.Cutoffs[cluster - 1];
    }

    private static void Add(List<TransfoXLParameter> all, string reference, long[] shape, bool reversed = false, string? tiedTo = null) =>
        all.Add(new TransfoXLParameter(reference, ToHuggingFace(reference), shape, reversed, tiedTo));
}
