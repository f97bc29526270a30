using TransformerXL.Models;

namespace TransformerXL.Interchange;

/// <summary>Infers the clusters of the vocabulary, and what embedding and softmax share.</summary>
/// <param name="stored">The tensors.</param>
/// <param name="hints">Values that the tensors may not determine.</param>
/// <param name="agree">Returns the value found in the tensors; throws if the hint contradicts it.</param>
/// <param name="missing">Collects the hints that are needed and missing.</param>
internal sealed class EmbeddingLayout(StoredModel stored, ModelDescription hints, Func<string, int?, int, int> agree, List<(string What, string Member)> missing)
{
    private const string ClusterRows = "crit.cluster_weight";

    public ModelConfiguration Add(ModelConfiguration model)
    {
        int[][] tables = [.. Enumerable.Range(0, Math.Max(1, stored.Count("word_emb.emb_layers.", ".weight"))).Select(cluster => stored.Shape(Table(cluster), 2))];
        int vocabulary = tables.Sum(table => table[0]), width = tables[0][1];
        IReadOnlyList<int> cutoffs = Cutoffs(tables);
        ModelConfiguration sized = model with
        {
            // The configuration may give the number of tokens, while the table has padding rows after them.
            VocabularySize = hints.VocabularySize is { } tokens && VocabularyPadding.Explains(tokens, vocabulary) ? vocabulary : agree("tokens of the vocabulary", hints.VocabularySize, vocabulary),
            EmbeddingSize = agree("the embedding size", hints.EmbeddingSize, width),
            Cutoffs = cutoffs,
            EmbeddingDivisor = agree("the divisor of embeddings (div_val)", cutoffs.Count == 0 && tables.Length == 1 ? null : hints.EmbeddingDivisor, Divisor(tables)),
        };
        sized = sized with { TieWeights = TiesWeights(tables.Length) };
        return sized is AttentionConfiguration attention ? attention with { TieProjections = TiesProjections(attention) } : sized;
    }

    private static string Table(int cluster) => $"word_emb.emb_layers.{cluster}.weight";

    /// <summary>Clusters with tables of their own follow from the tables; clusters that share one table need the hint.</summary>
    private IReadOnlyList<int> Cutoffs(int[][] tables)
    {
        int tails = stored.Has(ClusterRows) ? stored.Shape(ClusterRows, 2)[0] : 0;
        int[] found = [.. tables.SkipLast(1).Select((_, cluster) => tables.Take(cluster + 1).Sum(table => table[0]))];
        if (found.Length > 0)
        {
            Require.That(
                hints.Cutoffs is null || hints.Cutoffs.SequenceEqual(found),
                $"'{stored.Path}': the cutoffs are {Show(hints.Cutoffs ?? [])} by the hints, but {Show(found)} by the tensors");
            return found;
        }

        if (hints.Cutoffs is null && tails > 0)
        {
            missing.Add(($"the first tokens of the {tails} further clusters of the vocabulary (cutoffs)", "hints.cutoffs"));
        }

        Require.That(
            hints.Cutoffs is null || hints.Cutoffs.Count == tails,
            $"'{stored.Path}': the hints give {hints.Cutoffs?.Count} cutoffs {Show(hints.Cutoffs ?? [])}, but the tensors have {tails} clusters after the first");
        return hints.Cutoffs ?? [];
    }

    /// <summary>The smallest divisor that gives the widths; every divisor that does so gives the same model.</summary>
    private int Divisor(int[][] tables)
    {
        if (tables.Length == 1)
        {
            return 1;
        }

        const int Maximum = 16;
        for (int divisor = hints.EmbeddingDivisor is >= 2 and <= Maximum and var given ? given : 2; divisor <= Maximum; divisor++)
        {
            int width = tables[0][1];
            if (tables.Skip(1).All(table => table[1] == (width /= divisor)))
            {
                return divisor;
            }
        }

        throw new InputException($"'{stored.Path}': no divisor gives the widths {Show([.. tables.Select(table => table[1])])} of the embeddings of the clusters");
    }

    private bool TiesWeights(int tables)
    {
        if (hints.TieWeights == false)
        {
            return false;
        }

        (string Softmax, string Embedding)[] pairs = [.. Enumerable.Range(0, tables).Select(cluster => ($"crit.out_layers.{cluster}.weight", Table(cluster)))];
        return Ties(pairs, mustTie: hints.TieWeights == true);
    }

    private ProjectionTying TiesProjections(AttentionConfiguration model)
    {
        bool single = model.EmbeddingDivisor == 1;
        if (hints.TieProjections == ProjectionTying.None || !stored.Has("word_emb.emb_projs.0"))
        {
            return ProjectionTying.None;
        }

        (string Softmax, string Embedding)[] pairs =
            [.. Enumerable.Range(0, model.Cutoffs.Count + 1).Select(cluster => ($"crit.out_projs.{cluster}", $"word_emb.emb_projs.{(single ? 0 : cluster)}"))];
        bool rest = Ties(pairs[1..], mustTie: hints.TieProjections is not null);
        bool all = Ties(pairs[..1], mustTie: hints.TieProjections == ProjectionTying.All, mayLack: hints.TieProjections != ProjectionTying.AllButFirst) && rest;
        return all ? ProjectionTying.All : rest && pairs.Length > 1 ? ProjectionTying.AllButFirst : ProjectionTying.None;
    }

    /// <summary>Whether all parameters of the softmax are those of the embedding: not stored again, or with the same values.</summary>
    private bool Ties((string Softmax, string Embedding)[] pairs, bool mustTie, bool mayLack = true)
    {
        bool all = true;
        foreach ((string softmax, string embedding) in pairs)
        {
            StoredTensor of = stored.Find(embedding);
            bool same = stored.TryFind(softmax) is { } other ? StoredModel.AreSame(other, of) : mayLack;
            Require.That(
                same || !mustTie,
                $"'{stored.Path}': the tensors {stored.TryFind(softmax)?.Quoted} and {of.Quoted} are one parameter by the configuration, but hold different values");
            all &= same;
        }

        return all;
    }

    private static string Show(IEnumerable<int> numbers) => $"({string.Join(", ", numbers)})";
}
