using System.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Marks in a text around names that the documentation refers to: characters of private use, which no text of the documentation has.</summary>
internal static class ReferenceMarks
{
    private const char Type = '\uE000', Member = '\uE001', End = '\uE002';

    /// <summary>A name between marks.</summary>
    public static string Enclose(string name, bool isType) => $"{(isType ? Type : Member)}{name}{End}";

    /// <summary>The text without marks, and where the names are.</summary>
    public static (string Text, List<MarkedName> Names) Read(string marked)
    {
        StringBuilder text = new(marked.Length);
        List<MarkedName> names = [];
        (int start, bool isType) = (-1, false);
        foreach (char c in marked)
        {
            switch (c)
            {
                case Type or Member:
                    (start, isType) = (text.Length, c == Type);
                    break;
                case End:
                    if (start >= 0 && text.Length > start)
                    {
                        names.Add(new MarkedName(start, text.Length, isType));
                    }

                    start = -1;
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        return (text.ToString(), names);
    }
}
