from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_grams_beside_the_row"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountmerge",
            name="demoted",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="accountmerge",
            name="dismissals",
            field=models.JSONField(default=list),
        ),
    ]
