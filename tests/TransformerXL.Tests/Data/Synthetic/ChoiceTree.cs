using TransformerXL.Training.Synthetic;

namespace TransformerXL.Tests.Data.Synthetic;

/// <summary>Every text of a language with its probability, by trying all choices; knows nothing of what the language says about itself.</summary>
internal static class ChoiceTree
{
    /// <summary>The texts of so many characters with the losses that the language states, and the probability of each beginning of one.</summary>
    public static (Dictionary<string, double[]> Texts, Dictionary<string, double> Beginnings) Grow(SyntheticLanguage language, int length)
    {
        Dictionary<string, double[]> texts = [];
        Dictionary<string, double> beginnings = [];
        List<(int Value, int Limit)> path = [];
        do
        {
            int taken = 0;
            SyntheticCharacter[] characters = [.. language.Generate(limit => Take(path, taken++, limit)).Take(length)];
            double probability = path.Aggregate(1.0, (product, choice) => product / choice.Limit);
            string text = string.Concat(characters.Select(character => character.Symbol));
            texts[text] = [.. characters.Select(character => character.Nats)];
            for (int end = 0; end <= length; end++)
            {
                beginnings[text[..end]] = beginnings.GetValueOrDefault(text[..end]) + probability;
            }
        }
        while (Next(path));
        return (texts, beginnings);
    }

    private static int Take(List<(int Value, int Limit)> path, int index, int limit)
    {
        if (index == path.Count)
        {
            path.Add((0, limit));
        }

        return path[index].Value;
    }

    private static bool Next(List<(int Value, int Limit)> path)
    {
        while (path.Count > 0 && path[^1].Value == path[^1].Limit - 1)
        {
            path.RemoveAt(path.Count - 1);
        }

        if (path.Count == 0)
        {
            return false;
        }

        path[^1] = (path[^1].Value + 1, path[^1].Limit);
        return true;
    }
}
