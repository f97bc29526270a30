using System.Text;

namespace TransformerXL.Tests.Data;

/// <summary>Texts of random code points of all lengths in UTF-8.</summary>
internal static class RandomText
{
    private static readonly int[] s_limits = [0x80, 0x800, 0xD800, 0x110000];

    public static string Create(Random random, int characters)
    {
        var text = new StringBuilder();
        for (int i = 0; i < characters; i++)
        {
            int value = random.Next(1, s_limits[random.Next(s_limits.Length)]);
            text.Append(Rune.IsValid(value) ? new Rune(value).ToString() : "x");
        }
        return text.ToString();
    }
}
