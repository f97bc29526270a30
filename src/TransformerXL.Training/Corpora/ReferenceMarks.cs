using System.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Marks around names that the documentation refers to: private-use characters, which the documentation does not contain.</summary>
internal static class ReferenceMarks
{
    private const char Type = '\uE000', Member = '\uE001', End = '\uE002';

    /// <summary>A name between marks.</summary>
    public static string Enclose(string name, bool isType) => $"{(isType ? Type : Member)}{name}{End}";

    /// <summary>The text without marks, and the positions of the names.</summary>
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
